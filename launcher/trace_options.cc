#include "launcher/trace_options.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/concat.h"
#include "launcher/host_paths.h"
#include "launcher/terminal_text.h"
#include "tracer/events/compressed_sink.h"
#include "tracer/events/descriptor_sink.h"
#include "tracer/events/run_id.h"
#include "tracer/events/sink_address.h"
#include "tracer/syscall_status.h"
#include "tracer/unique_fd.h"

namespace safe_trace {
namespace {

// Both ways to a file whose directory lies behind a symbolic link.
template <typename Take>
void WithCanonical(const std::string& path, const Take& take) {
  take(path);
  const std::string canonical = CanonicalPath(path);
  if (canonical != path) take(canonical);
}

absl::Status CheckKeyFile(int fd, uid_t user) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return LastErrnoStatus("fstat");
  if (!S_ISREG(status.st_mode)) return absl::InvalidArgumentError("not a regular file");
  if (status.st_uid != user && status.st_uid != 0) {
    return absl::FailedPreconditionError("it belongs to another user");
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return absl::FailedPreconditionError("others may read or write it: chmod 600 it");
  }
  return absl::OkStatus();
}

absl::StatusOr<TracePlace> PlaceOfOption(const std::string& output, const HostFacts& facts,
                                         const Config& config) {
  TracePlace place;
  place.path = output;
  place.compress = output.ends_with(kCompressedSuffix);
  const std::string shown = EscapeForTerminal(output);
  if (config.compress.value_or(false) && !place.compress) {
    return absl::InvalidArgumentError(Concat("-o ", shown,
                                             ": a compressed trace has a name that ends in ",
                                             kCompressedSuffix, "; or say --no-compress"));
  }
  if (output == "-") return place;
  // A mistyped directory is not made: only the place that safe-trace chose itself is.
  place.name = place.path = AbsolutePath(facts.working_directory, output);
  const std::string directory = place.path.substr(0, place.path.rfind('/') + 1);
  if (IsDirectory(directory)) return place;
  return absl::FailedPreconditionError(Concat("-o ", shown, ": there is no directory ",
                                              EscapeForTerminal(directory),
                                              "; make it first, or choose another place"));
}

}  // namespace

absl::StatusOr<TracePlace> PlaceOfTrace(const LaunchOptions& options, const HostFacts& facts,
                                        const Config& config, const std::string& run_id) {
  if (options.output_file.has_value()) return PlaceOfOption(*options.output_file, facts, config);
  absl::StatusOr<std::string> directory = DefaultTraceDirectory(facts.environment);
  if (!directory.ok()) return directory.status();
  TracePlace place{TracePathIn(*directory, run_id), run_id, config.compress.value_or(false)};
  if (place.compress) place.path += kCompressedSuffix;
  return place;
}

absl::StatusOr<std::unique_ptr<TraceLogWriter>> OpenTraceWriter(const TracePlace& place,
                                                                TraceLogOptions options) {
  if (place.path != "-") return TraceLogWriter::Open(std::move(options));
  absl::StatusOr<std::unique_ptr<DescriptorSink>> sink = DescriptorSink::OnStandardOutput();
  if (!sink.ok()) return sink.status();
  return TraceLogWriter::OpenOn(*std::move(sink), std::move(options));
}

void GuardTraceFiles(const std::string& working_directory,
                     const std::optional<std::string>& output_file, Config& config) {
  if (output_file.has_value() && *output_file != "-") {
    WithCanonical(AbsolutePath(working_directory, *output_file),
                  [&](const std::string& path) { config.own_files.push_back(path); });
  }
  for (const Entry& sink : config.sinks) {
    const absl::StatusOr<SinkAddress> address = ParseSinkAddress(sink.value);
    if (!address.ok() || address->kind != SinkAddress::Kind::kUnix) continue;
    WithCanonical(address->path, [&](const std::string& path) {
      config.extra_paths.push_back({path, "[trace] sinks"});
    });
  }
  if (config.sign_key.has_value()) {
    WithCanonical(*config.sign_key, [&](const std::string& path) {
      config.extra_paths.push_back({path, "[trace] sign_key"});
    });
  }
}

absl::StatusOr<std::shared_ptr<const SigningKey>> LoadSigningKey(
    const std::optional<std::string>& path, uid_t user) {
  if (!path.has_value()) return std::shared_ptr<const SigningKey>();
  const auto refused = [&](const absl::Status& status) {
    return absl::FailedPreconditionError(Concat("the signing key ", EscapeForTerminal(*path), ": ",
                                                std::string(status.message()),
                                                "; a new one: safe-trace trace keygen"));
  };
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  UniqueFd fd(open(path->c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return refused(LastErrnoStatus("opening it"));
  if (absl::Status checked = CheckKeyFile(fd.get(), user); !checked.ok()) return refused(checked);
  std::string pem(kMaxKeyFileBytes + 1, '\0');
  const ssize_t count = read(fd.get(), pem.data(), pem.size());
  if (count < 0) return refused(LastErrnoStatus("reading it"));
  pem.resize(static_cast<size_t>(count));
  absl::StatusOr<SigningKey::Bytes> secret = SigningKey::SecretFromPem(pem);
  explicit_bzero(pem.data(), pem.size());
  if (!secret.ok()) return refused(secret.status());
  auto key = std::make_shared<const SigningKey>(*secret);
  explicit_bzero(secret->data(), secret->size());
  return key;
}

}  // namespace safe_trace
