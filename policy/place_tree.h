// Places of the file system and what rules say about them, compiled for lookups on every open.
#ifndef SAFE_TRACE_POLICY_PLACE_TREE_H_
#define SAFE_TRACE_POLICY_PLACE_TREE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/decision.h"

namespace safe_trace {

// What a rule can say about a hierarchy. Each is looked up on its own: the deepest one wins.
enum class Layer : uint8_t {
  kState,          // safe-trace's own files
  kUserHide,       // --hide
  kUserRead,       // --allow-read
  kUserWrite,      // --allow-write, which lets read too
  kCredential,     // catalogue
  kOwnCredential,  // of the manager that is run
  kProtected,      // start-up code and configuration: no writes
  kHome,           // ends every grant that lies above it
  kTemporary,
  kWorking,       // the working directory
  kSystem,        // what the distribution owns
  kLibrary,       // installed code: credential names mean nothing here
  kQuiet,         // user configuration that honest build tools look for
  kCommandWrite,  // what all roles but package may write
  kInstallWrite,  // of those, what a manager installs into; lifts kProtected
  kPackageRead,   // what package code may read and execute
  kKernelFiles,   // /proc and /sys
  kDevices,       // /dev, where only known nodes may be opened
  kDevice,        // a device that everybody may use
  kInputDevice,   // a device that everybody may read
};
inline constexpr size_t kLayerCount = static_cast<size_t>(Layer::kInputDevice) + 1;

struct Mark {
  const Rule* rule = nullptr;
  uint16_t depth = 0;  // PathDepth of the place; 0 where nothing is marked
  explicit operator bool() const { return rule != nullptr; }
};

// The deepest mark of each layer at or above a path.
struct Places {
  std::array<Mark, kLayerCount> marks{};
  uint16_t depth = 0;                 // of the path itself
  bool is_node = false;               // some place lies at the path or beneath it
  bool guarded_beneath = false;       // a credential, protected, hidden or own place lies beneath
  bool package_read_beneath = false;  // a place that package code may read lies beneath

  const Mark& operator[](Layer layer) const { return marks[static_cast<size_t>(layer)]; }
  // The layer's deepest place is the path itself.
  bool Is(Layer layer) const { return (*this)[layer] && (*this)[layer].depth == depth; }
};

// Immutable once filled; then safe to share between threads. Find does not allocate unless a place
// with a glob lies on the way.
class PlaceTree {
 public:
  PlaceTree() : nodes_(1) {}

  // `path` normalised; a component may be a glob ("**" too). Rules outlive the tree.
  void Add(std::string_view path, Layer layer, const Rule* rule);

  Places Find(std::string_view path) const;

  using Marks = std::vector<std::pair<Layer, const Rule*>>;
  using Visitor = std::function<void(const std::string& path, const Marks& marks)>;
  // Calls `visit` for every marked path without a glob, parents first, siblings by name.
  void ForEachPath(const Visitor& visit) const;
  struct GlobPlace {
    std::string glob;
    Layer layer = Layer::kCredential;
    const Rule* rule = nullptr;
  };
  const std::vector<GlobPlace>& globs() const { return globs_; }

 private:
  struct Node {
    std::vector<std::pair<std::string, uint32_t>> children;  // sorted by name
    Marks marks;
    std::vector<uint32_t> globs;  // of globs_, whose literal part ends here
    bool guarded_beneath = false;
    bool package_read_beneath = false;
  };
  uint32_t ChildOf(uint32_t node, std::string_view name) const;  // 0: none
  uint32_t MakeChild(uint32_t node, std::string_view name);
  void ApplyGlobs(const Node& node, std::string_view path, size_t literal_end,
                  Places& places) const;
  void Visit(uint32_t node, std::string& path, const Visitor& visit) const;

  std::vector<Node> nodes_;
  std::vector<GlobPlace> globs_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_PLACE_TREE_H_
