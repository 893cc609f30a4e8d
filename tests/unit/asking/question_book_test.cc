#include "tracer/asking/question_book.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace safe_trace {
namespace {

Question About(const std::string& host, Role role, const std::string& package = "",
               const std::string& version = "1.0") {
  auto domain = std::make_shared<Domain>();
  domain->subject.role = role;
  auto process = std::make_shared<Process>();
  process->domain = std::move(domain);
  Question question;
  question.process = std::move(process);
  question.flag = package + std::to_string(static_cast<int>(role)) + "@" + version + "=" + host;
  question.allowance.package = package;
  question.allowance.version = version;
  question.allowance.host.host = host;
  return question;
}

size_t AskMany(QuestionBook& book, size_t count, const std::string& package, Role role) {
  size_t asked = 0;
  for (size_t i = 0; i < count; ++i) {
    // A package says itself which version it is.
    const std::string number = std::to_string(i);
    if (book.Ask(About("h" + number + ".example", role, package, number))) ++asked;
  }
  return asked;
}

TEST(QuestionBookTest, APackageCannotUseUpWhatOthersMayAsk) {
  QuestionBook book;
  for (int i = 0; i < 100; ++i) {
    AskMany(book, 1000, "hostile" + std::to_string(i), Role::kPackage);
  }
  for (const char* host : {"one.example", "two.example"}) {
    EXPECT_TRUE(book.Ask(About(host, Role::kManager)));
  }
  // Nor does its heap of questions come before theirs.
  EXPECT_EQ(book.TakeNext().allowance.host.host, "one.example");
  EXPECT_NE(book.TakeNext().allowance.package, "");
}

TEST(QuestionBookTest, OneSubjectHasSoManyQuestionsAtOnceAndInARun) {
  QuestionBook book;
  EXPECT_EQ(AskMany(book, 100, "left-pad", Role::kPackage), QuestionBook::kMaximumOfOne);
  EXPECT_EQ(AskMany(book, 100, "", Role::kManager), QuestionBook::kMaximumOfOne);
  size_t settled = 0;
  for (int round = 0; round < 100; ++round) {
    for (const Question& question : book.TakeAll()) {
      book.Settle(question, false);
      if (question.allowance.package == "left-pad") ++settled;
    }
    for (int i = 0; i < 100; ++i) {
      const std::string host = std::to_string(round) + "-" + std::to_string(i) + ".example";
      book.Ask(About(host, Role::kPackage, "left-pad"));
    }
  }
  EXPECT_EQ(settled, QuestionBook::kMaximumAsked);
  EXPECT_TRUE(book.Ask(About("new.example", Role::kManager)));
}

TEST(QuestionBookTest, AllThatWaitsHasAnEnd) {
  QuestionBook book;
  size_t asked = 0;
  for (int i = 0; i < 100; ++i) {
    asked += AskMany(book, 100, "package" + std::to_string(i), Role::kPackage);
  }
  EXPECT_EQ(asked, QuestionBook::kMaximumOfPackages);
  for (const Role role : {Role::kManager, Role::kProject, Role::kProgram, Role::kCommand}) {
    asked += AskMany(book, 100, "", role);
  }
  EXPECT_EQ(asked, QuestionBook::kMaximumPending);
}

TEST(QuestionBookTest, OneQuestionIsPutOnceAndARefusalIsRemembered) {
  QuestionBook book;
  const Question question = About("host.example", Role::kManager);
  EXPECT_TRUE(book.Ask(question));
  EXPECT_TRUE(book.Ask(question));
  EXPECT_EQ(book.TakeNext().flag, question.flag);
  EXPECT_FALSE(book.HasNext());
  EXPECT_TRUE(book.Ask(question));  // before the user's eyes
  EXPECT_FALSE(book.HasNext());
  book.Settle(question, true);
  EXPECT_TRUE(book.Ask(question));  // what was allowed once has lapsed
  book.Settle(book.TakeNext(), false);
  EXPECT_FALSE(book.Ask(question));
}

TEST(QuestionBookTest, SubjectsTakeTurns) {
  QuestionBook book;
  for (const char* host : {"a1.example", "a2.example", "a3.example"}) {
    ASSERT_TRUE(book.Ask(About(host, Role::kPackage, "a")));
  }
  ASSERT_TRUE(book.Ask(About("b1.example", Role::kPackage, "b")));
  EXPECT_EQ(book.TakeNext().allowance.host.host, "a1.example");
  EXPECT_EQ(book.TakeNext().allowance.host.host, "b1.example");
  EXPECT_EQ(book.TakeNext().allowance.host.host, "a2.example");
}

}  // namespace
}  // namespace safe_trace
