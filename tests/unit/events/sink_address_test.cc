#include "tracer/events/sink_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace safe_trace {
namespace {

using ::testing::HasSubstr;

TEST(SinkAddressTest, DefaultsOfTheProtocolAreFilledIn) {
  for (const auto& [text, url] : {
           std::pair{"otlp+http://127.0.0.1", "http://127.0.0.1:4318/v1/logs"},
           std::pair{"otlp+http://collector/", "http://collector:4318/v1/logs"},
           std::pair{"otlp+http://[::1]", "http://[::1]:4318/v1/logs"},
           std::pair{"otlp+http://[::1]:80/x", "http://[::1]:80/x"},
           std::pair{"otlp+http://h:9/insert/otlp/v1/logs", "http://h:9/insert/otlp/v1/logs"},
       }) {
    const absl::StatusOr<SinkAddress> address = ParseSinkAddress(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->url, url);
    EXPECT_EQ(address->kind, SinkAddress::Kind::kOtlpHttp);
  }
  EXPECT_EQ(ParseSinkAddress("unix:/run/x.sock")->path, "/run/x.sock");
}

TEST(SinkAddressTest, WhatIsNoSinkIsRefusedWithTheReason) {
  for (const auto& [text, why] : {
           std::pair{"otlp+https://h/v1/logs", "TLS"},
           std::pair{"https://h", "TLS"},
           std::pair{"unix:x.sock", "absolute"},
           std::pair{"unix:", "absolute"},
           std::pair{"otlp+http://", "no host"},
           std::pair{"otlp+http://:80", "no host"},
           std::pair{"otlp+http://h:0", "port"},
           std::pair{"otlp+http://h:80x", "port"},
           std::pair{"otlp+http://::1", "no host"},
           std::pair{"otlp+http://u:p@h", "user"},
           std::pair{"otlp+http://h/?q", "query"},
           std::pair{"otlp+http://h/a b", "no URL"},
           std::pair{"tcp:h:1", "not a sink"},
           std::pair{"", "not a sink"},
       }) {
    const absl::StatusOr<SinkAddress> address = ParseSinkAddress(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_THAT(std::string(address.status().message()), HasSubstr(why)) << text;
  }
  EXPECT_FALSE(ParseSinkAddress("unix:/" + std::string(200, 'x')).ok());
}

}  // namespace
}  // namespace safe_trace
