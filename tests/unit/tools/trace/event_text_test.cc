// What an event is called in a line for a person.
#include "tools/trace/event_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/trace/run_view.h"

namespace safe_trace {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TraceRecord Claim(std::vector<std::pair<std::string, FieldValue>> fields) {
  TraceRecord record;
  record.fields = {{"event.action", std::string("network-claim")},
                   {"event.kind", std::string("alert")},
                   {"event.category", std::string("network")},
                   {"destination.domain", std::vector<std::string>{"proxy.test"}},
                   {"destination.ip", std::string("192.0.2.7")},
                   {"destination.port", int64_t{443}}};
  for (auto& field : fields) record.fields.push_back(std::move(field));
  return record;
}

TEST(EventTextTest, RefusedClaimNamesTheHostThatWasMeant) {
  const std::string place = "proxy.test:443 (192.0.2.7)";
  EXPECT_EQ(DoingText(Claim({{"safe_trace.claim", std::string("tls-server-name")},
                             {"tls.client.server_name", std::string("thief.test")}})),
            "speak to thief.test at " + place);
  EXPECT_EQ(DoingText(Claim({{"safe_trace.claim", std::string("http-host")},
                             {"url.domain", std::string("thief.test")}})),
            "request from thief.test at " + place);
  EXPECT_EQ(DoingText(Claim({{"safe_trace.claim", std::string("proxy-target")},
                             {"url.domain", std::string("thief.test")},
                             {"url.port", int64_t{8443}}})),
            "reach thief.test:8443 through " + place);
  EXPECT_EQ(DoingText(Claim({{"safe_trace.claim", std::string("proxy-target")},
                             {"url.domain", std::string("2001:db8::9")},
                             {"url.port", int64_t{443}}})),
            "reach [2001:db8::9]:443 through " + place);
}

TEST(EventTextTest, RefusedClaimWithoutANameSaysWhatWasSpoken) {
  const std::string place = "proxy.test:443 (192.0.2.7)";
  EXPECT_EQ(DoingText(Claim({{"safe_trace.claim", std::string("tls-without-name")}})),
            "speak TLS without a server name to " + place);
  EXPECT_EQ(DoingText(Claim({{"safe_trace.claim", std::string("http-host")}})),
            "request from no host at " + place);
  EXPECT_EQ(DoingText(Claim({{"safe_trace.claim", std::string("unknown-protocol")}})),
            "speak an unknown protocol to " + place);
  EXPECT_EQ(DoingText(Claim({})), "speak to " + place);
}

TEST(EventTextTest, ClaimOfAKindThatIsNotKnownStillNamesItsHost) {
  EXPECT_EQ(DoingText(Claim({{"safe_trace.claim", std::string("quic\x1b")},
                             {"url.domain", std::string("thief.test")}})),
            "speak to thief.test at proxy.test:443 (192.0.2.7)");
}

TEST(EventTextTest, ClaimedNameCannotSteerATerminal) {
  EXPECT_THAT(DoingText(Claim({{"safe_trace.claim", std::string("http-host")},
                               {"url.domain", std::string("\x1b[2J")}})),
              Not(HasSubstr("\x1b")));
}

TEST(EventTextTest, ClaimsOfDifferentNamesAreDifferentLines) {
  LineCounter lines;
  for (const char* name : {"a.test", "b.test", "a.test"}) {
    lines.Add("",
              DoingText(Claim({{"safe_trace.claim", std::string("tls-server-name")},
                               {"tls.client.server_name", std::string(name)}})),
              "denied", 0);
  }
  ASSERT_EQ(lines.lines().size(), 2u);
  EXPECT_EQ(lines.lines()[0].count, 2u);
}

}  // namespace
}  // namespace safe_trace
