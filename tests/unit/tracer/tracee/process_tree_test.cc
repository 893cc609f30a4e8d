#include "tracer/tracee/process_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace safe_trace {
namespace {

using testing::UnorderedElementsAre;

class ProcessTreeTest : public testing::Test {
 protected:
  std::shared_ptr<const Domain> root_ = std::make_shared<Domain>();
  ProcessTree tree_{root_};
};

TEST_F(ProcessTreeTest, RootHasNoParentAndTheRootDomain) {
  Process& root = tree_.AddRoot(100);
  EXPECT_EQ(root.parent_entity_id, "");
  EXPECT_EQ(root.entity_id, "100-1");
  EXPECT_EQ(root.domain, root_);
  EXPECT_EQ(tree_.FindByThread(100), &root);
  EXPECT_EQ(tree_.process_count(), 1U);
}

TEST_F(ProcessTreeTest, ThreadBelongsToTheProcessOfItsMaker) {
  Process& root = tree_.AddRoot(100);
  EXPECT_EQ(&tree_.AddThread(100, 101), &root);
  EXPECT_EQ(&tree_.AddThread(101, 102), &root);
  EXPECT_EQ(tree_.FindByThread(102), &root);
  EXPECT_THAT(root.threads, UnorderedElementsAre(100, 101, 102));
  EXPECT_EQ(tree_.process_count(), 1U);
  EXPECT_EQ(tree_.thread_count(), 3U);
}

TEST_F(ProcessTreeTest, UnknownTaskIsNull) {
  tree_.AddRoot(100);
  EXPECT_EQ(tree_.FindByThread(101), nullptr);
}

TEST_F(ProcessTreeTest, ChildInheritsProgramAndDomainOfTheThreadThatMadeIt) {
  Process& root = tree_.AddRoot(100);
  tree_.AddThread(100, 101);
  root.executable = "/usr/bin/python3";
  root.arguments = {"python3", "setup.py"};
  root.exec_generation = 1;
  root.domain = std::make_shared<Domain>();
  Process& child = tree_.AddChild(101, 200);
  EXPECT_EQ(child.executable, "/usr/bin/python3");
  EXPECT_EQ(child.arguments, root.arguments);
  EXPECT_EQ(child.domain, root.domain);
  EXPECT_EQ(child.parent_entity_id, root.entity_id);
  EXPECT_EQ(child.exec_generation, 0U);
  EXPECT_EQ(tree_.process_count(), 2U);
}

TEST_F(ProcessTreeTest, ParentThatRunsNoProgramOfItsOwnIsSkipped) {
  Process& shell = tree_.AddRoot(100);
  shell.exec_generation = 1;
  tree_.AddChild(100, 200);
  Process& grandchild = tree_.AddChild(200, 300);
  EXPECT_EQ(grandchild.parent_entity_id, shell.entity_id);
  tree_.FindByThread(200)->exec_generation = 1;
  EXPECT_EQ(tree_.AddChild(200, 301).parent_entity_id, tree_.FindByThread(200)->entity_id);
}

TEST_F(ProcessTreeTest, FirstProcessIsTheParentEvenBeforeItsExec) {
  Process& root = tree_.AddRoot(100);
  EXPECT_EQ(tree_.AddChild(100, 200).parent_entity_id, root.entity_id);
}

TEST_F(ProcessTreeTest, ChildOfAnUnknownTaskGetsTheRootDomainAndNoParent) {
  Process& child = tree_.AddChild(7, 200);
  EXPECT_EQ(child.domain, root_);
  EXPECT_EQ(child.parent_entity_id, "");
}

TEST_F(ProcessTreeTest, ChildKeepsItsDomainWhenItsParentChangesTo) {
  Process& root = tree_.AddRoot(100);
  Process& child = tree_.AddChild(100, 200);
  root.domain = std::make_shared<Domain>();
  EXPECT_EQ(child.domain, root_);
}

TEST_F(ProcessTreeTest, ProcessIsGoneWithItsLastThreadOnly) {
  tree_.AddRoot(100);
  tree_.AddThread(100, 101);
  EXPECT_FALSE(tree_.RemoveThread(100).has_value());
  ASSERT_NE(tree_.FindByThread(101), nullptr);
  EXPECT_EQ(tree_.FindByThread(101)->tgid, 100);
  std::optional<Process> last = tree_.RemoveThread(101);
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->tgid, 100);
  EXPECT_EQ(tree_.process_count(), 0U);
  EXPECT_EQ(tree_.thread_count(), 0U);
}

TEST_F(ProcessTreeTest, RemovingAnUnknownThreadChangesNothing) {
  tree_.AddRoot(100);
  EXPECT_FALSE(tree_.RemoveThread(55).has_value());
  EXPECT_EQ(tree_.thread_count(), 1U);
}

TEST_F(ProcessTreeTest, ExecLeavesTheLeaderAlone) {
  Process& root = tree_.AddRoot(100);
  tree_.AddThread(100, 101);
  tree_.AddThread(100, 102);
  // The leader ended first; the thread that called exec takes its number.
  tree_.RemoveThread(100);
  tree_.CollapseThreads(root);
  EXPECT_THAT(root.threads, UnorderedElementsAre(100));
  EXPECT_EQ(tree_.FindByThread(100), &root);
  EXPECT_EQ(tree_.FindByThread(101), nullptr);
  EXPECT_EQ(tree_.FindByThread(102), nullptr);
  EXPECT_TRUE(tree_.RemoveThread(100).has_value());
}

TEST_F(ProcessTreeTest, ReusedNumberIsAnotherProcess) {
  const uint64_t first = tree_.AddRoot(100).serial;
  tree_.RemoveThread(100);
  Process& again = tree_.AddRoot(100);
  EXPECT_GT(again.serial, first);
  EXPECT_EQ(again.entity_id, "100-2");
}

}  // namespace
}  // namespace safe_trace
