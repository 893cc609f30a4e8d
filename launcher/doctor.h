// `safe-trace doctor`: each mechanism, what it gives, and what is lost without it.
#ifndef SAFE_TRACE_LAUNCHER_DOCTOR_H_
#define SAFE_TRACE_LAUNCHER_DOCTOR_H_

#include <string>
#include <vector>

#include "launcher/kernel_features.h"

namespace safe_trace {

enum class Importance : uint8_t {
  kNeeded,    // without it safe-trace cannot supervise at all
  kStrength,  // without it supervision is weaker
  kSpeed,     // without it supervision is slower
  kExtra,     // nothing depends on it
};

struct Mechanism {
  std::string name;
  bool present = false;
  Importance importance = Importance::kNeeded;
  std::string found;  // "ABI 7", or ""
  std::string gives;
  std::string without;  // what is lost where it is missing
};

// Pure: what the features mean.
std::vector<Mechanism> DescribeMechanisms(const KernelFeatures& features);
// True where nothing of kNeeded or kStrength is missing.
bool IsFullStrength(const std::vector<Mechanism>& mechanisms);

std::string DoctorText(const KernelFeatures& features, bool colour);
std::string DoctorJson(const KernelFeatures& features);

// Probes and prints. Returns 0 at full strength, 1 otherwise.
int Doctor(bool json);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_DOCTOR_H_
