// What supervised code asks for, as values. Pure: no system call, no clock, no descriptor.
#ifndef SAFE_TRACE_POLICY_ACCESS_REQUEST_H_
#define SAFE_TRACE_POLICY_ACCESS_REQUEST_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace safe_trace {

// What kind of code a process runs. `kPackage` is sticky for the whole subtree.
enum class Role : uint8_t { kManager, kPackage, kProject, kProgram, kCommand };
std::string_view RoleName(Role role);

// Rights on a path; also the vocabulary of grants, carve-outs and the Landlock floor.
// Bits, combined with operator|.
enum class Access : uint8_t {
  kNone = 0,
  kRead = 1 << 0,     // read a file's content, list a directory
  kWrite = 1 << 1,    // change content or attributes, make, rename or remove names
  kExecute = 1 << 2,  // run a program
};
constexpr Access operator|(Access a, Access b) {
  return static_cast<Access>(static_cast<uint8_t>(a) | static_cast<uint8_t>(b));
}
constexpr Access operator&(Access a, Access b) {
  return static_cast<Access>(static_cast<uint8_t>(a) & static_cast<uint8_t>(b));
}
constexpr Access operator~(Access a) { return static_cast<Access>(~static_cast<uint8_t>(a) & 7U); }
constexpr bool Any(Access a) { return a != Access::kNone; }

// `path` is canonical (absolute, no "." "..", no symlink) and stands for the whole hierarchy
// beneath it.
struct PathGrant {
  std::string path;
  Access access = Access::kNone;
  bool operator==(const PathGrant&) const = default;
};

// Who asks. `own` holds what only this subject may use: its build directory, its temporary
// directory, the output directories that its caller named.
struct Subject {
  Role role = Role::kCommand;
  std::string ecosystem{};  // "pip", "" for a plain command
  // Where the manager works that something else of the run started; "" for the run's own command.
  std::string scope{};
  std::string package{};    // normalised name, "" where unknown or not a package
  std::string version{};    // "" where unknown
  std::vector<PathGrant> own{};
  // Catalogue entries (ids) that this helper of a manager is given back: ssh, started by git.
  std::vector<std::string> given_back{};
  // A program of others that the manager runs for itself (git), and what that starts.
  bool is_helper = false;
  // The code was fetched by this run (`npx TOOL`): a manager that it starts gets the registry, but
  // no credentials.
  bool downloaded = false;
  // Of a program: code of an installed package acts while it is imported.
  bool importing = false;

  bool operator==(const Subject&) const = default;

  // "package evil@1.0 (pip)", "manager pip", "command".
  std::string Describe() const;
};

// `path` is canonical. For a name that does not exist yet: the canonical parent and the name.
struct FileRequest {
  std::string_view path;
  Access access = Access::kRead;
  // The name itself is renamed or removed (either end of a rename): whatever lies beneath moves
  // too, so a hierarchy that holds a guarded place is refused as a whole.
  bool moves_hierarchy = false;
  // What is made or removed is an empty directory, which by itself runs nothing.
  bool empty_directory = false;
};

// An address in network byte order: 4 or 16 bytes used. IPv4-mapped IPv6 is always stored as IPv4.
struct IpAddress {
  std::array<uint8_t, 16> bytes{};
  bool is_v6 = false;

  bool operator==(const IpAddress&) const = default;
  auto operator<=>(const IpAddress&) const = default;
  bool IsLoopback() const;     // 127/8, ::1
  bool IsUnspecified() const;  // 0.0.0.0, ::
  bool IsLinkLocal() const;    // 169.254/16, fe80::/10
  std::string ToString() const;
};
// Accepts dotted IPv4, IPv6 with or without brackets; false where `text` is neither. The forms that
// inet_aton also takes ("127.1", "0x7f000001") are not addresses here.
bool ParseIpAddress(std::string_view text, IpAddress& out);
// IPv4-mapped IPv6 as IPv4, everything else unchanged.
IpAddress UnmapAddress(const IpAddress& address);

enum class NetworkOperation : uint8_t { kConnect, kSend, kBind };

struct NetworkRequest {
  NetworkOperation operation = NetworkOperation::kConnect;
  bool is_stream = true;  // TCP; otherwise datagrams
  IpAddress address;
  uint16_t port = 0;  // host byte order
  // Names that the broker answered with this address during this run.
  std::span<const std::string> names;
  // The address is loopback and the port was bound by a process of this run.
  bool bound_by_this_run = false;
};

// What a client says, inside an allowed connection, about whom it wants.
struct StreamClaim {
  enum class Kind : uint8_t {
    kTlsName,         // the server name of a TLS greeting
    kTlsWithoutName,  // none, or an encrypted one
    kHttpHost,        // the Host of a request to the server itself
    kProxyTarget,     // a CONNECT, or a request that names its whole URL
    kUnknownProtocol,
  };
  Kind kind = Kind::kUnknownProtocol;
  std::string name{};  // lower case, no trailing dot; an address without brackets; "" where none
  uint16_t port = 0;   // 0: none was said
  // The host of a CONNECT that was let through on this connection: the claim is made to it.
  std::string tunnel{};
  uint16_t tunnel_port = 0;

  bool operator==(const StreamClaim&) const = default;
};

// A claim made on a TCP connection that EvaluateNetwork allowed.
struct StreamRequest {
  IpAddress address;
  uint16_t port = 0;
  std::span<const std::string> names;  // as in NetworkRequest
  const StreamClaim& claim;
};

struct NameRequest {
  std::string_view name;  // lower case, no trailing dot
};

struct UnixSocketRequest {
  // Canonical path, or for abstract sockets the name without its leading NUL.
  std::string_view name;
  bool is_abstract = false;
  bool bound_by_this_run = false;
};

struct VariableRequest {
  std::string_view name;
  std::string_view value;  // looked at for a secret's shape; never logged
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_ACCESS_REQUEST_H_
