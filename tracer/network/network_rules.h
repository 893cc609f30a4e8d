// The part of the policy that the network asks, as an interface: handlers are tested with fakes.
#ifndef SAFE_TRACE_TRACER_NETWORK_NETWORK_RULES_H_
#define SAFE_TRACE_TRACER_NETWORK_NETWORK_RULES_H_

#include "policy/access_request.h"
#include "policy/decision.h"

namespace safe_trace {

class Policy;

// Const and thread-safe, as Policy is.
class NetworkRules {
 public:
  virtual ~NetworkRules() = default;
  virtual Decision EvaluateNetwork(const Subject& subject, const NetworkRequest& request) const = 0;
  virtual Decision EvaluateStream(const Subject& subject, const StreamRequest& request) const = 0;
  // The user wants no relay for this host.
  virtual bool IsDirect(const Subject& subject, const NetworkRequest& request) const = 0;
  // Whether datagrams may go where EvaluateNetwork lets `request` reach.
  virtual bool CarriesDatagrams(const Subject& subject, const NetworkRequest& request) const = 0;
  virtual Decision EvaluateName(const Subject& subject, const NameRequest& request) const = 0;
  virtual Decision EvaluateUnixSocket(const Subject& subject,
                                      const UnixSocketRequest& request) const = 0;
  virtual Decision EvaluateFile(const Subject& subject, const FileRequest& request) const = 0;
};

class PolicyNetworkRules final : public NetworkRules {
 public:
  explicit PolicyNetworkRules(const Policy& policy) : policy_(policy) {}
  Decision EvaluateNetwork(const Subject& subject, const NetworkRequest& request) const override;
  Decision EvaluateStream(const Subject& subject, const StreamRequest& request) const override;
  bool IsDirect(const Subject& subject, const NetworkRequest& request) const override;
  bool CarriesDatagrams(const Subject& subject, const NetworkRequest& request) const override;
  Decision EvaluateName(const Subject& subject, const NameRequest& request) const override;
  Decision EvaluateUnixSocket(const Subject& subject,
                              const UnixSocketRequest& request) const override;
  Decision EvaluateFile(const Subject& subject, const FileRequest& request) const override;

 private:
  const Policy& policy_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_NETWORK_RULES_H_
