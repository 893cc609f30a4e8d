#include "launcher/yaml_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace safe_trace {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string ErrorOf(const std::string& text) {
  absl::StatusOr<DocumentNode> document = ParseYamlDocument(text, "x.yml");
  return document.ok() ? "" : std::string(document.status().message());
}

TEST(YamlDocument, ReadsTablesListsAndScalarsWithTheirLines) {
  absl::StatusOr<DocumentNode> document = ParseYamlDocument(
      "---\n:sources:\n- https://a.example/\n- \"https://b.example\"\nn: 12\n", "x");
  ASSERT_TRUE(document.ok()) << document.status();
  ASSERT_EQ(document->members.size(), 2u);
  EXPECT_EQ(document->members[0].key, ":sources");
  EXPECT_EQ(document->members[0].line, 2);
  ASSERT_EQ(document->members[0].value.items.size(), 2u);
  EXPECT_EQ(document->members[0].value.items[1].text, "https://b.example");
  EXPECT_EQ(document->members[0].value.items[1].line, 4);
  EXPECT_EQ(document->members[1].value.text, "12");
}

TEST(YamlDocument, AnEmptyFileIsAnEmptyTable) {
  for (const char* text : {"", "\n", "# nothing\n"}) {
    absl::StatusOr<DocumentNode> document = ParseYamlDocument(text, "x");
    ASSERT_TRUE(document.ok()) << document.status();
    EXPECT_TRUE(document->members.empty());
  }
}

TEST(YamlDocument, OnlyTheFirstDocumentCounts) {
  absl::StatusOr<DocumentNode> document = ParseYamlDocument("a: 1\n---\nb: 2\n", "x");
  ASSERT_TRUE(document.ok()) << document.status();
  ASSERT_EQ(document->members.size(), 1u);
  EXPECT_EQ(document->members[0].key, "a");
}

TEST(YamlDocument, AliasesRepeatNothing) {
  std::string bomb = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before +
            "]\n";
  }
  absl::StatusOr<DocumentNode> document = ParseYamlDocument(bomb, "x");
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(document->members[29].value.items[0].kind, DocumentNode::Kind::kNull);
}

TEST(YamlDocument, KeysThatAreNoScalarsArePassedOverWithTheirValues) {
  absl::StatusOr<DocumentNode> document = ParseYamlDocument("? [a, b]\n: {c: d}\nkept: yes\n", "x");
  ASSERT_TRUE(document.ok()) << document.status();
  ASSERT_EQ(document->members.size(), 1u);
  EXPECT_EQ(document->members[0].key, "kept");
}

TEST(YamlDocument, ErrorsNameTheLineAndRepeatNothing) {
  const std::string error = ErrorOf("ok: 1\ntoken: \"hunter2\n");
  EXPECT_THAT(error, HasSubstr("x.yml:"));
  EXPECT_THAT(error, Not(HasSubstr("hunter2")));
  EXPECT_THAT(ErrorOf("a: 1\nb: [1\nc: 2\n"), HasSubstr("x.yml:3: "));
  EXPECT_NE(ErrorOf("a: \xff\xfe\n"), "");
  EXPECT_NE(ErrorOf(std::string("a: \0b\n", 7)), "");
}

TEST(YamlDocument, DepthEventsAndSizeAreBounded) {
  EXPECT_THAT(ErrorOf(std::string(17, '[') + std::string(17, ']')), HasSubstr("deeply"));
  EXPECT_EQ(ErrorOf(std::string(16, '[') + std::string(16, ']')), "");
  EXPECT_NE(ErrorOf(std::string(500'000, '[')), "");
  std::string many;
  for (int i = 0; i < 60'000; ++i) many += "- a\n";
  EXPECT_THAT(ErrorOf(many), HasSubstr("too many"));
  EXPECT_THAT(ErrorOf(std::string((1 << 20) + 1, ' ')), HasSubstr("1 MiB"));
}

}  // namespace
}  // namespace safe_trace
