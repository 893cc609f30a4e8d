#include "tracer/network/dns_message.h"

#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace safe_trace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

void Put16(unsigned value, DnsBytes& out) {
  out.push_back(static_cast<uint8_t>(value >> 8));
  out.push_back(static_cast<uint8_t>(value));
}
void PutName(std::vector<std::string> labels, DnsBytes& out) {
  for (const std::string& label : labels) {
    out.push_back(static_cast<uint8_t>(label.size()));
    out.insert(out.end(), label.begin(), label.end());
  }
  out.push_back(0);
}
DnsBytes Query(std::vector<std::string> labels, unsigned type = kDnsTypeA, unsigned id = 0x1234) {
  DnsBytes message;
  for (unsigned word : {id, 0x0100U, 1U, 0U, 0U, 0U}) Put16(word, message);
  PutName(std::move(labels), message);
  Put16(type, message);
  Put16(1, message);
  return message;
}
DnsBytes AnswerHeader(const DnsQuery& query, unsigned id, unsigned answers,
                      unsigned flags = 0x8180) {
  DnsBytes message;
  for (unsigned word : {id, flags, 1U, answers, 0U, 0U}) Put16(word, message);
  message.insert(message.end(), query.wire_name.begin(), query.wire_name.end());
  Put16(query.type, message);
  Put16(query.klass, message);
  return message;
}
void PutRecord(std::vector<std::string> owner, unsigned type, const DnsBytes& data, DnsBytes& out,
               uint32_t ttl = 60) {
  PutName(std::move(owner), out);
  Put16(type, out);
  Put16(1, out);
  Put16(ttl >> 16, out);
  Put16(ttl & 0xffff, out);
  Put16(static_cast<unsigned>(data.size()), out);
  out.insert(out.end(), data.begin(), data.end());
}
DnsBytes WireName(std::vector<std::string> labels) {
  DnsBytes out;
  PutName(std::move(labels), out);
  return out;
}
IpAddress V4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  IpAddress address;
  address.bytes = {a, b, c, d};
  return address;
}

TEST(DnsQueryTest, NameIsLowerCaseAndEscapedWhileTheWireKeepsItsCase) {
  auto query = ParseDnsQuery(Query({"PyPI", std::string("a.b\x01", 4), "Org"}));
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_EQ(query->name, "pypi.a\\046b\\001.org");
  EXPECT_EQ(query->wire_name, WireName({"PyPI", std::string("a.b\x01", 4), "Org"}));
  EXPECT_EQ(query->id, 0x1234);
  EXPECT_TRUE(query->recursion_desired);
}

TEST(DnsQueryTest, EdnsIsRead) {
  DnsBytes message = Query({"a", "example"});
  message[11] = 1;
  message.push_back(0);
  Put16(kDnsTypeOpt, message);
  Put16(1232, message);
  Put16(0, message);
  Put16(0x8000, message);
  Put16(0, message);
  auto query = ParseDnsQuery(message);
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_TRUE(query->has_edns);
  EXPECT_EQ(query->edns_payload, 1232);
  EXPECT_TRUE(query->dnssec_ok);
}

TEST(DnsQueryTest, CompressionInTheQuestionIsRefused) {
  DnsBytes message;
  for (unsigned word : {1U, 0x0100U, 1U, 0U, 0U, 0U, 0xc000U, 1U, 1U}) Put16(word, message);
  EXPECT_FALSE(ParseDnsQuery(message).ok());
}

TEST(DnsQueryTest, TwoQuestionsTrailingBytesAndResponsesAreRefused) {
  DnsBytes two = Query({"a"});
  two[5] = 2;
  EXPECT_FALSE(ParseDnsQuery(two).ok());
  DnsBytes trailing = Query({"a"});
  trailing.push_back(0);
  EXPECT_FALSE(ParseDnsQuery(trailing).ok());
  DnsBytes response = Query({"a"});
  response[2] = 0x80;
  EXPECT_FALSE(ParseDnsQuery(response).ok());
}

TEST(DnsQueryTest, TooLongNamesAreRefused) {
  std::string label(63, 'x');
  EXPECT_TRUE(ParseDnsQuery(Query({label, label, label, std::string(61, 'x')})).ok());
  EXPECT_FALSE(ParseDnsQuery(Query({label, label, label, std::string(62, 'x')})).ok());
  EXPECT_FALSE(ParseDnsQuery(Query({std::string(64, 'x')})).ok());
}

TEST(DnsQueryTest, EveryTruncationIsRefused) {
  DnsBytes message = Query({"files", "example", "org"});
  for (size_t size = 0; size < message.size(); ++size) {
    EXPECT_FALSE(ParseDnsQuery(std::span(message).first(size)).ok()) << size;
  }
}

TEST(DnsQueryTest, WhatIsSentOnHoldsTheQuestionAndNothingElse) {
  auto query = ParseDnsQuery(Query({"Example", "org"}));
  ASSERT_TRUE(query.ok());
  DnsBytes sent = BuildDnsQuery(*query, 0x7777);
  auto again = ParseDnsQuery(sent);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->id, 0x7777);
  EXPECT_EQ(again->wire_name, query->wire_name);
  EXPECT_EQ(sent.size(), 12 + query->wire_name.size() + 4);
}

class DnsAnswerTest : public ::testing::Test {
 protected:
  DnsAnswerTest() : query_(*ParseDnsQuery(Query({"www", "example", "org"}))) {}
  DnsQuery query_;
};

TEST_F(DnsAnswerTest, AddressesOfTheNameAndOfItsCnamesCountOthersDoNot) {
  DnsBytes message = AnswerHeader(query_, 9, 4);
  PutRecord({"cdn", "example", "net"}, kDnsTypeA, {192, 0, 2, 2}, message);
  PutRecord({"WWW", "example", "org"}, kDnsTypeCname, WireName({"cdn", "example", "net"}), message);
  PutRecord({"www", "example", "org"}, kDnsTypeA, {192, 0, 2, 1}, message);
  PutRecord({"evil", "example", "com"}, kDnsTypeA, {192, 0, 2, 66}, message);
  auto answer = ParseDnsAnswer(message, query_, 9);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->addresses, ElementsAre(V4(192, 0, 2, 2), V4(192, 0, 2, 1)));
}

TEST_F(DnsAnswerTest, TheLeastLifetimeOfTheChainCounts) {
  auto lifetime = [&](uint32_t alias, uint32_t address, uint32_t other) {
    DnsBytes message = AnswerHeader(query_, 9, 4);
    PutRecord({"www", "example", "org"}, kDnsTypeCname, WireName({"cdn"}), message, alias);
    PutRecord({"cdn"}, kDnsTypeA, {192, 0, 2, 1}, message, address);
    PutRecord({"cdn"}, kDnsTypeA, {192, 0, 2, 2}, message, 90000);
    PutRecord({"evil", "example", "com"}, kDnsTypeA, {192, 0, 2, 66}, message, other);
    return ParseDnsAnswer(message, query_, 9)->ttl;
  };
  EXPECT_EQ(lifetime(700, 900, 1), 700U);
  EXPECT_EQ(lifetime(70000, 900, 1), 900U);
  EXPECT_EQ(lifetime(100000, 100000, 1), 90000U);
  EXPECT_EQ(lifetime(0x80000000, 900, 1), 0U);  // RFC 2181 8
  EXPECT_EQ(ParseDnsAnswer(AnswerHeader(query_, 9, 0), query_, 9)->ttl, 0U);
}

TEST_F(DnsAnswerTest, OtherIdsQuestionsAndQueriesAreNotBelieved) {
  DnsBytes message = AnswerHeader(query_, 9, 0);
  EXPECT_TRUE(ParseDnsAnswer(message, query_, 9).ok());
  EXPECT_FALSE(ParseDnsAnswer(message, query_, 10).ok());
  DnsBytes not_a_response = AnswerHeader(query_, 9, 0, 0x0100);
  EXPECT_FALSE(ParseDnsAnswer(not_a_response, query_, 9).ok());
  DnsQuery other = *ParseDnsQuery(Query({"www", "example", "com"}));
  EXPECT_FALSE(ParseDnsAnswer(AnswerHeader(other, 9, 0), query_, 9).ok());
}

TEST_F(DnsAnswerTest, PointersThatLoopOrLeadForwardsEnd) {
  DnsBytes message = AnswerHeader(query_, 9, 1);
  Put16(0xc000U | static_cast<unsigned>(message.size()), message);  // to itself
  for (unsigned word : {1U, 1U, 0U, 60U, 4U, 0xc000U, 0x0201U}) Put16(word, message);
  auto answer = ParseDnsAnswer(message, query_, 9);
  ASSERT_TRUE(answer.ok());
  EXPECT_THAT(answer->addresses, IsEmpty());
}

TEST_F(DnsAnswerTest, CnameCyclesEnd) {
  DnsBytes message = AnswerHeader(query_, 9, 3);
  PutRecord({"www", "example", "org"}, kDnsTypeCname, WireName({"a"}), message);
  PutRecord({"a"}, kDnsTypeCname, WireName({"www", "example", "org"}), message);
  PutRecord({"a"}, kDnsTypeA, {192, 0, 2, 1}, message);
  auto answer = ParseDnsAnswer(message, query_, 9);
  ASSERT_TRUE(answer.ok());
  EXPECT_THAT(answer->addresses, ElementsAre(V4(192, 0, 2, 1)));
}

TEST_F(DnsAnswerTest, AtMostSixtyFourAddressesAreTaken) {
  DnsBytes message = AnswerHeader(query_, 9, 200);
  for (unsigned i = 0; i < 200; ++i) {
    PutRecord({"www", "example", "org"}, kDnsTypeA, {192, 0, 2, static_cast<uint8_t>(i)}, message);
  }
  auto answer = ParseDnsAnswer(message, query_, 9);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->addresses.size(), 64U);
}

TEST_F(DnsAnswerTest, DamagedAnswersNeitherCrashNorHang) {
  DnsBytes good = AnswerHeader(query_, 9, 2);
  PutRecord({"www", "example", "org"}, kDnsTypeCname, WireName({"cdn", "example", "net"}), good);
  PutRecord({"cdn", "example", "net"}, kDnsTypeA, {192, 0, 2, 2}, good);
  std::mt19937 random(7);
  for (int round = 0; round < 20000; ++round) {
    DnsBytes damaged = good;
    for (int i = 0; i < 4; ++i) damaged[random() % damaged.size()] = static_cast<uint8_t>(random());
    damaged.resize(damaged.size() - random() % 8);
    (void)ParseDnsAnswer(damaged, query_, 9);
    (void)ParseDnsQuery(damaged);
  }
}

TEST(DnsResponseTest, HoldsTheAddressesOfTheAskedFamily) {
  DnsQuery query = *ParseDnsQuery(Query({"host", "local"}));
  IpAddress v6;
  v6.is_v6 = true;
  v6.bytes[15] = 1;
  std::vector<IpAddress> addresses = {V4(10, 0, 0, 7), v6};
  DnsBytes response = BuildDnsResponse(query, DnsResponseCode::kNoError, addresses);
  auto answer = ParseDnsAnswer(response, query, query.id);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->addresses, ElementsAre(V4(10, 0, 0, 7)));
}

TEST(ReverseNameTest, BothFamiliesAreReadAndNonsenseIsNot) {
  EXPECT_EQ(ParseReverseName("1.2.0.192.in-addr.arpa"), V4(192, 0, 2, 1));
  std::string v6 = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa";
  ASSERT_TRUE(ParseReverseName(v6).has_value());
  EXPECT_EQ(ParseReverseName(v6)->ToString(), "::1");
  EXPECT_FALSE(ParseReverseName("secret.2.0.192.in-addr.arpa").has_value());
  EXPECT_FALSE(ParseReverseName("300.2.0.192.in-addr.arpa").has_value());
  EXPECT_FALSE(ParseReverseName("example.org").has_value());
}

}  // namespace
}  // namespace safe_trace
