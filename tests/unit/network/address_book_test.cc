#include "tracer/network/address_book.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/network/network_fakes.h"

namespace safe_trace {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using testing::Ip;
using ::testing::IsEmpty;

TEST(AddressBookTest, AnAddressKnowsEveryNameThatItWasAnsweredUnder) {
  AddressBook book;
  book.AddAnswer("b.example", std::vector<IpAddress>{Ip("192.0.2.1"), Ip("2001:db8::1")}, 1h);
  book.AddAnswer("a.example", std::vector<IpAddress>{Ip("192.0.2.1")}, 1h);
  EXPECT_THAT(book.NamesOf(Ip("192.0.2.1")), ElementsAre("a.example", "b.example"));
  EXPECT_THAT(book.NamesOf(Ip("2001:db8::1")), ElementsAre("b.example"));
  EXPECT_THAT(book.NamesOf(Ip("192.0.2.9")), IsEmpty());
}

TEST(AddressBookTest, ResolversCannotNameTheMachineItselfOrItsLink) {
  AddressBook book;
  IpAddress mapped = Ip("::1");
  mapped.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
  book.AddAnswer("rebind.example",
                 std::vector<IpAddress>{Ip("127.0.0.1"), Ip("::1"), Ip("0.0.0.0"),
                                        Ip("169.254.169.254"), Ip("fe80::1"), mapped},
                 1h);
  for (const char* ip : {"127.0.0.1", "::1", "0.0.0.0", "169.254.169.254", "fe80::1"}) {
    EXPECT_THAT(book.NamesOf(Ip(ip)), IsEmpty()) << ip;
  }
  book.AddStatic("localhost", Ip("127.0.0.1"));
  EXPECT_THAT(book.NamesOf(Ip("127.0.0.1")), ElementsAre("localhost"));
}

class AddressBookInTime : public ::testing::Test {
 protected:
  std::vector<std::string> Names() const { return book_.NamesOf(address_); }
  void Answer(const std::string& name, std::chrono::seconds ttl) {
    book_.AddAnswer(name, std::vector<IpAddress>{address_}, ttl);
  }
  const IpAddress address_ = Ip("192.0.2.1");
  AddressBook::Clock::time_point now_{1h};
  AddressBook book_{[this] { return now_; }};
};

TEST_F(AddressBookInTime, AnAnswerCountsForItsLifetime) {
  Answer("long.example", 2h);
  Answer("short.example", 1h);
  now_ += 1h - 1s;
  EXPECT_THAT(Names(), ElementsAre("long.example", "short.example"));
  now_ += 1s;
  EXPECT_THAT(Names(), ElementsAre("long.example"));
  now_ += 1h;
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(AddressBookInTime, TenMinutesAreTheLeastAndADayTheMost) {
  Answer("none.example", 0s);
  Answer("years.example", std::chrono::seconds(0x7fffffff));
  now_ += 10min - 1s;
  EXPECT_THAT(Names(), ElementsAre("none.example", "years.example"));
  now_ += 1s;
  EXPECT_THAT(Names(), ElementsAre("years.example"));
  now_ += 24h - 10min - 1s;
  EXPECT_THAT(Names(), ElementsAre("years.example"));
  now_ += 1s;
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(AddressBookInTime, AnotherAnswerProlongsAndNeverShortens) {
  Answer("a.example", 2h);
  now_ += 1h;
  Answer("a.example", 0s);
  now_ += 30min;
  EXPECT_THAT(Names(), ElementsAre("a.example"));
  Answer("a.example", 1h);
  now_ += 1h - 1s;
  EXPECT_THAT(Names(), ElementsAre("a.example"));
  now_ += 1s;
  EXPECT_THAT(Names(), IsEmpty());
  Answer("a.example", 0s);
  EXPECT_THAT(Names(), ElementsAre("a.example"));
}

TEST_F(AddressBookInTime, NamesOfTheHostsFileCountForEver) {
  book_.AddStatic("static.example", address_);
  Answer("static.example", 1h);
  now_ += 24h * 365;
  EXPECT_THAT(Names(), ElementsAre("static.example"));
}

TEST(AddressBookTest, TheOldestNameAndAddressAreForgottenAtTheLimits) {
  AddressBook book;
  for (size_t i = 0; i <= AddressBook::kMaximumNames; ++i) {
    book.AddStatic("n" + std::to_string(i), Ip("192.0.2.1"));
  }
  std::vector<std::string> names = book.NamesOf(Ip("192.0.2.1"));
  EXPECT_EQ(names.size(), AddressBook::kMaximumNames);
  EXPECT_THAT(names, ::testing::Not(::testing::Contains("n0")));
  for (int i = 0; i <= 64; ++i) {
    book.AddStatic("many", Ip(("10.0.0." + std::to_string(i)).c_str()));
  }
  EXPECT_THAT(book.NamesOf(Ip("10.0.0.0")), IsEmpty());
  EXPECT_THAT(book.NamesOf(Ip("10.0.0.64")), ElementsAre("many"));
}

}  // namespace
}  // namespace safe_trace
