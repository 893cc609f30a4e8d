// What a locked run refuses of what policy allows. The lock is asked last and only of an act that
// everything else let through, so it can take away and never give.
#include <algorithm>
#include <cerrno>

#include "policy/behaviour_lock.h"
#include "policy/policy_impl.h"

namespace safe_trace {
namespace {

// No option lets it through: the lock has to be learned anew.
Decision RefuseByLock(const Rule* rule, int error) {
  return {Verdict::kDeny, error, rule, true, true};
}

bool HasAnyName(const BehaviourLock& lock, const Subject& subject, const NetworkRequest& request) {
  return std::any_of(request.names.begin(), request.names.end(),
                     [&](const std::string& name) { return lock.HasHost(subject, name); }) ||
         lock.HasHost(subject, UnmapAddress(request.address).ToString());
}

}  // namespace

const BehaviourLock* Policy::lock() const { return impl_->lock.get(); }

bool Policy::HoldsPathsByLock(const Subject& subject) const {
  const BehaviourLock* lock = impl_->lock.get();
  return lock != nullptr && subject.role == Role::kPackage && lock->HoldsPaths(subject);
}

Decision Policy::EvaluateFile(const Subject& subject, const FileRequest& request) const {
  const Decision decision = DecideFile(subject, request);
  if (!decision.allowed() || !HoldsPathsByLock(subject)) return decision;
  const Impl& impl = *For(subject).impl_;
  const Places places = impl.tree.Find(request.path);
  for (const Access bit : {Access::kRead, Access::kWrite}) {
    if (!Any(request.access & bit)) continue;
    const Decision of_bit =
        impl.DecideBit(subject, places, request.path, bit, request.empty_directory);
    if (of_bit.rule != nullptr && IsBeyondLock(of_bit.rule->id)) continue;
    if (!impl_->lock->HasPath(subject, request.path, bit)) {
      return RefuseByLock(impl_->common.lock_path, EACCES);
    }
  }
  return decision;
}

Decision Policy::EvaluateNetwork(const Subject& subject, const NetworkRequest& request) const {
  const Decision decision = DecideNetwork(subject, request);
  const BehaviourLock* lock = impl_->lock.get();
  if (!decision.allowed() || lock == nullptr) return decision;
  if (request.operation == NetworkOperation::kBind) {
    const bool is_held = subject.role == Role::kPackage &&
                         !lock->HasListener(subject, UnmapAddress(request.address).ToString());
    return is_held ? RefuseByLock(impl_->common.lock_listener, EACCES) : decision;
  }
  // What the run itself listens on is not outside.
  if (decision.rule == For(subject).impl_->common.own_listener) return decision;
  return HasAnyName(*lock, subject, request) ? decision
                                             : RefuseByLock(impl_->common.lock_host, EACCES);
}

Decision Policy::EvaluateStream(const Subject& subject, const StreamRequest& request) const {
  const Decision decision = DecideStream(subject, request);
  const BehaviourLock* lock = impl_->lock.get();
  if (!decision.allowed() || lock == nullptr) return decision;
  // What names nobody was judged by its address when it was connected; what is said inside a tunnel
  // when the tunnel was asked for.
  const StreamClaim& claim = request.claim;
  if (claim.name.empty() || !claim.tunnel.empty()) return decision;
  return lock->HasHost(subject, claim.name) ? decision
                                            : RefuseByLock(impl_->common.lock_host, EACCES);
}

Decision Policy::EvaluateName(const Subject& subject, const NameRequest& request) const {
  const Decision decision = DecideName(subject, request);
  const BehaviourLock* lock = impl_->lock.get();
  if (!decision.allowed() || lock == nullptr) return decision;
  return lock->HasHost(subject, request.name) ? decision
                                              : RefuseByLock(impl_->common.lock_host, EACCES);
}

Decision Policy::EvaluateUnixSocket(const Subject& subject,
                                    const UnixSocketRequest& request) const {
  const Decision decision = DecideUnixSocket(subject, request);
  const BehaviourLock* lock = impl_->lock.get();
  if (!decision.allowed() || lock == nullptr || request.bound_by_this_run ||
      subject.role != Role::kPackage) {
    return decision;
  }
  return lock->HasSocket(subject, request.name)
             ? decision
             : RefuseByLock(impl_->common.lock_host, ECONNREFUSED);
}

Decision Policy::EvaluateLockedProgram(const Subject& subject, std::string_view executable) const {
  const BehaviourLock* lock = impl_->lock.get();
  const Decision allowed = Allow(impl_->common.system);
  if (lock == nullptr || subject.role != Role::kPackage) return allowed;
  if (lock->Find(subject) == nullptr) return RefuseByLock(impl_->common.lock_package, EACCES);
  return lock->HasProgram(subject, executable) ? allowed
                                               : RefuseByLock(impl_->common.lock_program, EACCES);
}

}  // namespace safe_trace
