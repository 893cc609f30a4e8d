#include "tools/trace/key_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "tools/trace/display_text.h"
#include "tracer/syscall_status.h"
#include "tracer/unique_fd.h"

namespace safe_trace {
namespace {

absl::Status MakeDirectories(const std::string& path) {
  for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
      const int error = errno;
      struct stat status {};
      if (stat(part.c_str(), &status) != 0) return ErrnoStatus(error, "making " + part);
    }
    if (slash == std::string::npos) return absl::OkStatus();
  }
}

absl::Status WriteNewFile(const std::string& path, mode_t mode, const std::string& content) {
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd.valid()) {
    if (errno != EEXIST) return LastErrnoStatus("making " + path);
    return absl::AlreadyExistsError(
        absl::StrCat("there is already something at ", path,
                     ", and a key is never replaced: name another directory, or remove it"));
  }
  const bool written =
      fchmod(fd.get(), mode) == 0 &&
      write(fd.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
      fsync(fd.get()) == 0;
  if (written) return absl::OkStatus();
  absl::Status failed = LastErrnoStatus("writing " + path);
  unlink(path.c_str());
  return failed;
}

}  // namespace

absl::StatusOr<std::string> DefaultKeyDirectory(
    const std::map<std::string, std::string>& environment) {
  const struct {
    const char* variable;
    const char* below;
  } bases[] = {{"XDG_CONFIG_HOME", "/safe-trace"}, {"HOME", "/.config/safe-trace"}};
  for (const auto& base : bases) {
    const auto found = environment.find(base.variable);
    if (found != environment.end() && found->second.substr(0, 1) == "/") {
      return found->second + base.below;
    }
  }
  return absl::FailedPreconditionError(
      "no place for the keys: neither XDG_CONFIG_HOME nor HOME holds an absolute path; name a "
      "directory");
}

absl::StatusOr<VerifyingKey> MakeKeys(const std::string& directory) {
  absl::StatusOr<SigningKey::Bytes> secret = SigningKey::NewSecret();
  if (!secret.ok()) return secret.status();
  const SigningKey key(*secret);
  explicit_bzero(secret->data(), secret->size());
  if (absl::Status made = MakeDirectories(directory); !made.ok()) return made;
  std::string pem = key.ToPem();
  absl::Status written = WriteNewFile(directory + "/" + kSecretKeyName, 0600, pem);
  explicit_bzero(pem.data(), pem.size());
  if (!written.ok()) return written;
  written = WriteNewFile(directory + "/" + kPublicKeyName, 0644, key.verifying_key().ToPem());
  if (written.ok()) return key.verifying_key();
  unlink((directory + "/" + kSecretKeyName).c_str());
  return written;
}

absl::StatusOr<VerifyingKey> ReadVerifyingKey(const std::string& text) {
  if (absl::StatusOr<VerifyingKey> key = VerifyingKey::FromHex(text); key.ok()) return key;
  UniqueFd fd(open(text.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!fd.valid() || fstat(fd.get(), &status) != 0) return LastErrnoStatus("the key " + text);
  if (!S_ISREG(status.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat("the key ", text, ": not a regular file"));
  }
  std::string pem(kMaxKeyFileBytes + 1, '\0');
  const ssize_t count = read(fd.get(), pem.data(), pem.size());
  if (count < 0) return LastErrnoStatus("the key " + text);
  pem.resize(static_cast<size_t>(count));
  absl::StatusOr<VerifyingKey> key = VerifyingKey::FromPem(pem);
  if (key.ok()) return key;
  return absl::InvalidArgumentError(absl::StrCat(
      "the key ", text, ": ", std::string(key.status().message()),
      "; verify takes the public one (", kPublicKeyName, "), or its 64 hexadecimal digits"));
}

int KeyGen(const std::string& directory, std::ostream& out, std::ostream& err) {
  const absl::StatusOr<VerifyingKey> key = MakeKeys(directory);
  if (!key.ok()) {
    err << "safe-trace trace: " << SafeText(std::string(key.status().message())) << "\n";
    return 2;
  }
  const std::string secret = SafeText(directory + "/" + kSecretKeyName);
  out << "secret key  " << secret << "\npublic key  " << SafeText(directory + "/" + kPublicKeyName)
      << "\nkey         " << key->ToHex() << "\nsign a run  safe-trace --sign-key " << secret
      << " COMMAND...\nevery run   [trace] sign_key = \"" << secret
      << "\" in the configuration\nKeep the public key, or its digits, where who could change "
         "traces cannot change it.\n";
  return 0;
}

}  // namespace safe_trace
