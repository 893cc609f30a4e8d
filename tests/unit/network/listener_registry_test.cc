#include "tracer/network/listener_registry.h"

#include "gtest/gtest.h"

namespace safe_trace {
namespace {

TEST(ListenerRegistryTest, StreamsAndDatagramsAreToldApart) {
  ListenerRegistry registry;
  registry.AddPort(true, 8000);
  EXPECT_TRUE(registry.HasPort(true, 8000));
  EXPECT_FALSE(registry.HasPort(false, 8000));
  registry.AddPort(true, 0);
  EXPECT_FALSE(registry.HasPort(true, 0));
}

TEST(ListenerRegistryTest, AbstractNamesAreBounded) {
  ListenerRegistry registry;
  for (size_t i = 0; i <= ListenerRegistry::kMaximum; ++i) registry.AddAbstract(std::to_string(i));
  EXPECT_TRUE(registry.HasAbstract("0"));
  EXPECT_FALSE(registry.HasAbstract(std::to_string(ListenerRegistry::kMaximum)));
}

TEST(ListenerRegistryTest, TheOldestSocketIsForgottenAtTheLimit) {
  ListenerRegistry registry;
  for (size_t i = 1; i <= ListenerRegistry::kMaximumSockets + 1; ++i) registry.AddSocket(i);
  EXPECT_FALSE(registry.HasSocket(1));
  EXPECT_TRUE(registry.HasSocket(2));
  EXPECT_TRUE(registry.HasSocket(ListenerRegistry::kMaximumSockets + 1));
}

}  // namespace
}  // namespace safe_trace
