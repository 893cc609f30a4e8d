// What the kernel is left to do is what EvaluateFile allows: asked at random over a made-up tree.
#include <random>

#include "made_up_machine.h"
#include "made_up_tree.h"

namespace safe_trace {
namespace {

MadeUpTree RandomTree(std::mt19937& random) {
  static const char* const kPlaces[] = {"/home/ann/.ssh/id_ed25519",
                                        "/home/ann/.netrc",
                                        "/home/ann/.bashrc",
                                        "/home/ann/.config/autostart/x",
                                        "/home/ann/.config/chrome/Login",
                                        "/home/ann/.config/app/rc",
                                        "/home/ann/.mozilla/p1/logins.json",
                                        "/home/ann/.mozilla/p1/prefs.js",
                                        "/home/ann/.cache/pip/a",
                                        "/home/ann/.cache/other/b",
                                        "/home/ann/project/.git/hooks/x",
                                        "/home/ann/project/.git/index",
                                        "/home/ann/project/.vscode/t",
                                        "/home/ann/project/src/a.py",
                                        "/home/ann/project/.env",
                                        "/home/ann/project/w.code-workspace",
                                        "/home/ann/project/safe-trace.toml",
                                        "/home/ann/venv/bin/python3",
                                        "/home/ann/venv/lib/python3.11/site-packages/a/b.py",
                                        "/home/ann/.pyenv/versions/3.11/bin/python3",
                                        "/home/ann/papers/tax",
                                        "/home/ann/papers/open/x",
                                        "/home/ann/.local/state/safe-trace/traces/t",
                                        "/home/bob/.ssh/k",
                                        "/home/bob/x",
                                        "/tmp/pip-install-x/evil/setup.py",
                                        "/tmp/other/x",
                                        "/var/tmp/y",
                                        "/var/lib/z",
                                        "/srv/out/x",
                                        "/srv/b",
                                        "/etc/shadow",
                                        "/etc/passwd",
                                        "/etc/cron.d/x",
                                        "/usr/bin/gcc",
                                        "/usr/lib/l.so",
                                        "/dev/null",
                                        "/dev/sda",
                                        "/dev/pts/1",
                                        "/dev/urandom",
                                        "/dev/shm/s",
                                        "/proc/12/mem",
                                        "/proc/12/comm",
                                        "/proc/sysrq-trigger",
                                        "/sys/x",
                                        "/opt/a/b",
                                        "@/home/ann/link",
                                        "/root/y"};
  MadeUpTree tree;
  for (const char* place : kPlaces) {
    if (random() % 4 != 0) tree.Add(place);
  }
  return tree;
}

Config RandomConfig(std::mt19937& random) {
  static const char* const kWords[] = {"/home/ann",
                                       "/home/ann/papers",
                                       "/home/ann/papers/open",
                                       "/home/ann/.ssh",
                                       "/srv/out",
                                       "/srv",
                                       "/home/ann/project/src",
                                       "/home/ann/.config",
                                       "/",
                                       "/tmp/other",
                                       "/home/ann/.mozilla"};
  Config config;
  auto add = [&](std::vector<Entry>& list) {
    while (random() % 3 == 0) list.push_back({kWords[random() % std::size(kWords)], "test"});
  };
  add(config.extra_paths);
  add(config.allow_read);
  add(config.allow_write);
  return config;
}

// The rights that a hierarchy cannot express and that floor_plan.h names.
bool IsStatedException(const Policy& policy, const Subject& subject, const std::string& path,
                       Access bit, const Decision& decision) {
  if (bit == Access::kExecute && subject.role != Role::kPackage) return true;
  const bool deep_name = policy.IsHiddenName(BaseName(path));
  const bool deep_project = decision.rule->id == "persistence.editor" &&
                            ParentPath(path) != "/home/ann/project" &&
                            !IsWithin(path, "/home/ann/project/.git/hooks") &&
                            !IsWithin(path, "/home/ann/project/.vscode");
  const bool deep = ParentPath(path) != "/home/ann/project" && ParentPath(path) != "/home/ann" &&
                    ParentPath(path) != "/home/bob";
  return (deep_name && deep) || deep_project;
}

TEST(FloorPropertyTest, TheFloorNeverGrantsWhatEvaluateFileRefuses) {
  static const char* const kSuffixes[] = {"", "/new", "/new/deeper", "/.vscode/x", "/.env", "2"};
  std::mt19937 random(20261122);
  int covered = 0;
  int refused = 0;
  for (int round = 0; round < 150; ++round) {
    MadeUpTree tree = RandomTree(random);
    const Profile profile = round % 2 == 0 ? MadeUpPip() : MadeUpGeneric();
    HostFacts facts = MadeUpFacts();
    if (round % 5 == 4) {  // all of it in scratch space, as in a test of safe-trace itself
      facts.temporary_directories.push_back("/home");
    }
    auto policy = MustBuild(facts, RandomConfig(random), profile);
    Subject wide = EvilPackage();
    wide.own.push_back({"/home/ann/project", Access::kRead | Access::kWrite});
    for (const Subject& subject : {Manager(), Command(), EvilPackage(), wide}) {
      FloorPlan plan = ExpandFloor(
          policy->FloorFor(subject),
          [&](std::string_view name) { return policy->IsHiddenName(name); }, tree.Lister());
      for (const std::string& base : tree.AllPaths()) {
        const std::string path = base + kSuffixes[random() % std::size(kSuffixes)];
        for (Access bit : {Access::kRead, Access::kWrite, Access::kExecute}) {
          Decision decision = policy->EvaluateFile(subject, {path, bit});
          refused += !decision.allowed();
          // What does not exist cannot be read: only making it is a question.
          if (bit != Access::kWrite && !tree.Exists(path)) continue;
          if (!plan.Covers(path, bit)) continue;
          ++covered;
          if (decision.allowed() || IsStatedException(*policy, subject, path, bit, decision))
            continue;
          ADD_FAILURE() << "round " << round << ": " << subject.Describe() << " " << path << " "
                        << static_cast<int>(bit) << " refused by " << decision.rule->id;
          return;
        }
      }
    }
  }
  EXPECT_GT(covered, 10000);  // the property was not met by granting nothing
  EXPECT_GT(refused, 10000);
}

TEST(FloorPropertyTest, WhatHonestWorkTouchesMostIsLeftToTheKernel) {
  std::mt19937 random(1);
  MadeUpTree tree;
  for (const char* path : {"/usr/lib/python3/os.py", "/home/ann/.ssh/id", "/home/ann/.bashrc",
                           "/home/ann/project/src/a.py", "/home/ann/.cache/pip/x", "/tmp/x/y",
                           "/tmp/pip-install-x/evil/setup.py", "/proc/self/", "/dev/null",
                           "/home/ann/venv/lib/python3.11/site-packages/a/b.py"}) {
    tree.Add(path);
  }
  auto policy = PipPolicy();
  auto plan_for = [&](const Subject& subject) {
    return ExpandFloor(
        policy->FloorFor(subject),
        [&](std::string_view name) { return policy->IsHiddenName(name); }, tree.Lister());
  };
  FloorPlan manager = plan_for(Manager());
  EXPECT_TRUE(manager.Covers("/usr/lib/python3/os.py", Access::kRead));
  EXPECT_TRUE(manager.Covers("/usr/lib/python3/os.py", Access::kExecute));
  EXPECT_TRUE(manager.Covers("/tmp/new", Access::kWrite));
  EXPECT_TRUE(manager.Covers("/home/ann/.cache/pip/new", Access::kWrite));
  EXPECT_TRUE(manager.Covers("/home/ann/project/src/new.py", Access::kWrite));
  EXPECT_TRUE(manager.Covers("/home/ann/venv/lib/python3.11/site-packages/n", Access::kWrite));
  EXPECT_TRUE(manager.Covers("/home/ann/.bashrc", Access::kRead));
  EXPECT_FALSE(manager.Covers("/home/ann/.bashrc", Access::kWrite));
  EXPECT_FALSE(manager.Covers("/home/ann/.ssh/id", Access::kRead));
  FloorPlan package = plan_for(EvilPackage());
  EXPECT_TRUE(package.Covers("/usr/lib/python3/os.py", Access::kRead | Access::kExecute));
  EXPECT_TRUE(package.Covers("/tmp/pip-install-x/evil/new", Access::kRead | Access::kWrite));
  EXPECT_TRUE(package.Covers("/proc/77/status", Access::kRead));
  EXPECT_TRUE(package.Covers("/dev/null", Access::kWrite));
  EXPECT_FALSE(package.Covers("/tmp/x/y", Access::kRead));
  EXPECT_FALSE(package.Covers("/home/ann/project/src/a.py", Access::kRead));
}

// The trace of -o and the signing key, which lie wherever the user wants them.
TEST(FloorPropertyTest, TheKernelAloneKeepsTheTraceAndItsKeyFromEveryRole) {
  MadeUpTree tree;
  for (const char* path : {"/home/ann/project/out/old.txt", "/home/ann/project/src/a.py",
                           "/home/ann/project/keys/sign.key", "/tmp/x/y"}) {
    tree.Add(path);
  }
  Config config;
  config.own_files = {"/home/ann/project/out/trace.jsonl"};
  config.extra_paths = {{"/home/ann/project/keys/sign.key", "[trace] sign_key"}};
  const auto policy = MustBuild(MadeUpFacts(), config, MadeUpPip());
  for (const Subject& subject : {Manager(), Command(), EvilPackage()}) {
    const FloorPlan plan = ExpandFloor(
        policy->FloorFor(subject),
        [&](std::string_view name) { return policy->IsHiddenName(name); }, tree.Lister());
    EXPECT_FALSE(plan.Covers("/home/ann/project/out/trace.jsonl", Access::kWrite));
    EXPECT_FALSE(plan.Covers("/home/ann/project/keys/sign.key", Access::kRead));
    EXPECT_FALSE(plan.Covers("/home/ann/project/keys/sign.key", Access::kWrite));
    const Decision write =
        policy->EvaluateFile(subject, {"/home/ann/project/out/trace.jsonl", Access::kWrite});
    EXPECT_EQ(write.verdict, Verdict::kDeny);
    EXPECT_EQ(write.rule->id, "state.safe-trace");
  }
}

}  // namespace
}  // namespace safe_trace
