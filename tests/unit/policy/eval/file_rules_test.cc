#include <cerrno>

#include "made_up_machine.h"

namespace safe_trace {
namespace {

constexpr Access kR = Access::kRead;
constexpr Access kW = Access::kWrite;
constexpr Access kX = Access::kExecute;

struct Expectation {
  Subject subject;
  const char* path;
  Access access;
  const char* outcome;  // "allow", "hide", "deny" (no violation), "violation"
};

std::string Outcome(const Decision& decision) {
  if (decision.verdict == Verdict::kAllow) return "allow";
  if (decision.verdict == Verdict::kHide) {
    EXPECT_EQ(decision.error, ENOENT);
    return decision.is_violation ? "hide" : "absent";
  }
  EXPECT_EQ(decision.error, EACCES);
  return decision.is_violation ? "violation" : "deny";
}

void Check(const Policy& policy, const std::vector<Expectation>& table) {
  for (const Expectation& row : table) {
    Decision decision = policy.EvaluateFile(row.subject, {row.path, row.access});
    EXPECT_EQ(Outcome(decision), row.outcome)
        << row.subject.Describe() << " " << row.path << " " << static_cast<int>(row.access)
        << " by " << decision.rule->id;
  }
}

TEST(FileRulesTest, CredentialsAreHiddenFromEveryRole) {
  for (Role role :
       {Role::kManager, Role::kPackage, Role::kProject, Role::kProgram, Role::kCommand}) {
    Subject subject{.role = role};
    Check(*PipPolicy(), {{subject, "/home/ann/.ssh/config", kR, "hide"},
                         {subject, "/home/ann/.ssh", kR, "hide"},
                         {subject, "/home/bob/.ssh/x", kR, "hide"},
                         {subject, "/home/ann/.ssh/authorized_keys", kW, "violation"},
                         {subject, "/home/ann/.ssh/config", kR | kW, "hide"},
                         {subject, "/etc/shadow", kR, "hide"},
                         {subject, "/home/ann/.config/chrome/Login", kR, "hide"},
                         {subject, "/home/ann/.mozilla/p1/logins.json", kR, "hide"}});
  }
  Check(*PipPolicy(), {{Command(), "/home/ann/.sshrc2", kR, "allow"},
                       {Command(), "/home/ann/.mozilla/p1/prefs.js", kR, "allow"},
                       {Command(), "/home/ann/.mozilla/logins.json", kR, "allow"}});
}

// What the refusal suggests, given to the next run.
std::unique_ptr<const Policy> PolicyWithSuggestion(const char* path, Access access) {
  Config config;
  config.extra_paths = {{"/srv/hidden", "--hide"}};
  if (path != nullptr) {
    (Any(access & kW) ? config.allow_write : config.allow_read).push_back({path, "suggested"});
  }
  return PipPolicy(config);
}

TEST(FileRulesTest, ARefusalIsFinalExactlyWhereNoOptionHelps) {
  const auto before = PolicyWithSuggestion(nullptr, Access::kNone);
  int final_ones = 0;
  int others = 0;
  for (const char* path : {"/home/ann/.local/state/safe-trace/traces/x",
                           "/etc/safe-trace/config.toml",
                           "/home/ann/.ssh",
                           "/home/ann/.ssh/config",
                           "/home/ann/.bashrc",
                           "/home/ann/notes",
                           "/home/ann/project/.env",
                           "/home/ann/project/.vscode/x",
                           "/home/ann/project/.git",
                           "/home",
                           "/home/ann/.mozilla",
                           "/srv/hidden",
                           "/srv/hidden/below",
                           "/srv/data",
                           "/etc/passwd",
                           "/usr/lib/x",
                           "/dev/sda",
                           "/sys/x",
                           "/home/ann/venv/bin",
                           "/tmp/other"}) {
    for (const Subject& subject : {Manager(), Command(), EvilPackage()}) {
      for (Access access : {kR, kW, kX, kR | kW}) {
        for (bool moves : {false, true}) {
          const FileRequest request{path, access, moves};
          const Decision decision = before->EvaluateFile(subject, request);
          if (decision.allowed()) continue;
          ++(decision.never_allowed ? final_ones : others);
          EXPECT_EQ(PolicyWithSuggestion(path, access)->EvaluateFile(subject, request).allowed(),
                    !decision.never_allowed)
              << subject.Describe() << " " << path << " " << static_cast<int>(access) << moves;
        }
      }
    }
  }
  EXPECT_GT(final_ones, 20);
  EXPECT_GT(others, 20);
  EXPECT_TRUE(before->EvaluateFile(Command(), {"/etc/safe-trace/config.toml", kW}).never_allowed);
  EXPECT_FALSE(before->EvaluateFile(Command(), {"/home/ann/.ssh/config", kR}).never_allowed);
}

TEST(FileRulesTest, AManagerReadsItsOwnCredentialAndNobodyElseDoes) {
  Check(*PipPolicy(), {{Manager(), "/home/ann/.netrc", kR, "allow"},
                       {Manager(), "/home/ann/.netrc", kW, "violation"},
                       {EvilPackage(), "/home/ann/.netrc", kR, "hide"},
                       {Command(), "/home/ann/.netrc", kR, "hide"},
                       {{.role = Role::kProject}, "/home/ann/.netrc", kR, "hide"}});
}

TEST(FileRulesTest, CachesAndInstalledCodeOutsideTheProjectAreTheManagersAlone) {
  const Subject project{.role = Role::kProject};
  for (const char* path : {"/home/ann/.cache/pip/wheels/x.whl",
                           "/home/ann/venv/lib/python3.11/site-packages/numpy/core.py"}) {
    Check(*PipPolicy(), {{Manager(), path, kW, "allow"},
                         {project, path, kR, "allow"},
                         {project, path, kW, "violation"}});
  }
  Check(*PipPolicy(), {{project, "/home/ann/project/made.py", kW, "allow"},
                       {project, "/tmp/scratch", kW, "allow"}});
}

TEST(FileRulesTest, SecretNamesAreHiddenWhereverProjectsLie) {
  Subject in_tree = EvilPackage();
  in_tree.own = {{"/home/ann/project", kR | kW}};
  Check(*PipPolicy(), {{Command(), "/home/ann/project/.env", kR, "hide"},
                       {Command(), "/home/ann/project/deep/down/.env.local", kR, "hide"},
                       {Command(), "/srv/site/.env", kR, "hide"},
                       {Command(), "/home/ann/project/.env", kW, "violation"},
                       {Command(), "/home/ann/project/.env.example", kR, "allow"},
                       {Command(), "/home/ann/project/.environment", kR, "allow"},
                       // A build in place does not make the project's secrets the package's.
                       {in_tree, "/home/ann/project/setup.py", kR, "allow"},
                       {in_tree, "/home/ann/project/.env", kR, "hide"}});
}

TEST(FileRulesTest, SecretNamesMeanNothingInUnpackedOrInstalledCode) {
  Check(*PipPolicy(),
        {{EvilPackage(), "/tmp/pip-install-x/evil/tests/.env", kR, "allow"},
         {EvilPackage(), "/tmp/pip-install-x/other/.env", kR, "hide"},
         {Manager(), "/tmp/pip-install-x/evil/tests/id_rsa", kW, "allow"},
         {Manager(), "/tmp/pip-install-x/evil/tests/id_rsa", kR, "hide"},
         {Command(), "/home/ann/venv/lib/python3.11/site-packages/a/id_rsa", kR, "allow"},
         {Command(), "/home/ann/project/node_modules/a/.env", kR, "allow"},
         {Command(), "/usr/share/doc/x/.env", kR, "allow"}});
}

TEST(FileRulesTest, ProtectedPlacesMayBeReadButNotWritten) {
  Check(*PipPolicy(), {{Manager(), "/home/ann/.bashrc", kW, "violation"},
                       {Command(), "/home/ann/.bashrc", kW, "violation"},
                       {Command(), "/home/ann/.bashrc", kR, "allow"},
                       {Command(), "/home/bob/.config/autostart/x.desktop", kW, "violation"},
                       {EvilPackage(), "/home/ann/.bashrc", kR, "violation"},
                       {EvilPackage(), "/home/ann/.bashrc", kW, "violation"},
                       {EvilPackage(), "/etc/cron.d/x", kW, "violation"},
                       {EvilPackage(), "/etc/cron.d/x", kR, "allow"}});
}

TEST(FileRulesTest, ProjectPlacesAreProtectedAtAnyDepth) {
  Check(*PipPolicy(), {{Command(), "/home/ann/project/.vscode", kW, "violation"},
                       {Command(), "/home/ann/project/.vscode/tasks.json", kW, "violation"},
                       {Command(), "/home/ann/project/a/b/.vscode/tasks.json", kW, "violation"},
                       {Command(), "/home/ann/project/.git/hooks/pre-commit", kW, "violation"},
                       {Command(), "/home/ann/project/.git/index", kW, "allow"},
                       {Command(), "/home/ann/project/x.code-workspace", kW, "violation"},
                       {Command(), "/home/ann/project/.vscode/tasks.json", kR, "allow"},
                       {Command(), "/home/ann/project/.vscodeX", kW, "allow"},
                       {Command(), "/home/ann/project/node_modules/a/.vscode/x", kW, "allow"},
                       // A clone in scratch space has hooks too.
                       {Manager(), "/tmp/pip-req-build-1/.git/hooks/x.sample", kW, "allow"}});
}

TEST(FileRulesTest, GitMakesARepositoryButNoHooks) {
  const std::string git = "/home/ann/project/.git";
  const std::string deep = "/home/ann/project/a/.git";
  for (const Subject& subject : {Command(), Manager()}) {
    Check(*PipPolicy(),
          {{subject, "/home/ann/project/.git/config", kW, "allow"},
           {subject, "/home/ann/project/.git/hooks/pre-commit.sample", kW, "allow"},
           {subject, "/home/ann/project/a/.git/hooks/pre-commit.sample", kW, "allow"},
           {subject, "/home/ann/project/.git/hooks/pre-commit", kW, "violation"},
           {subject, "/home/ann/project/.git/hooks/pre-commit.sample/x", kW, "violation"},
           {subject, "/home/ann/project/.git/hooks/a/x.sample", kW, "violation"},
           {subject, "/home/ann/project/a/.git/hooks/pre-commit", kW, "violation"},
           // Not by making it (a link, a file) nor by moving one there.
           {subject, "/home/ann/project/.git/hooks", kW, "violation"}});
    for (const std::string& hooks : {git + "/hooks", deep + "/hooks"}) {
      FileRequest make{.path = hooks, .access = kW, .empty_directory = true};
      EXPECT_TRUE(PipPolicy()->EvaluateFile(subject, make).allowed()) << hooks;
      const std::string inside = hooks + "/pre-commit";
      make.path = inside;
      EXPECT_FALSE(PipPolicy()->EvaluateFile(subject, make).allowed()) << hooks;
    }
  }
}

TEST(FileRulesTest, NothingIsMovedOrLinkedToWhereHooksWouldLieBeneath) {
  for (const char* path : {"/home/ann/project/.git", "/home/ann/project/a/.git"}) {
    FileRequest moves{.path = path, .access = kW, .moves_hierarchy = true};
    Decision decision = PipPolicy()->EvaluateFile(Command(), moves);
    EXPECT_FALSE(decision.allowed()) << path;
    EXPECT_TRUE(decision.is_violation) << path;
    // Made and removed they may be: an empty directory brings nothing along.
    moves.empty_directory = true;
    EXPECT_TRUE(PipPolicy()->EvaluateFile(Command(), moves).allowed()) << path;
  }
  FileRequest other{.path = "/home/ann/project/src", .access = kW, .moves_hierarchy = true};
  EXPECT_TRUE(PipPolicy()->EvaluateFile(Command(), other).allowed());
}

TEST(FileRulesTest, PackagesTouchNoRepositoryButTheirOwnInScratchSpace) {
  Subject in_tree = EvilPackage();
  in_tree.own.push_back({"/home/ann/project", kR | kW});
  Check(*PipPolicy(), {{in_tree, "/home/ann/project/.git/config", kW, "violation"},
                       {in_tree, "/home/ann/project/.git/hooks/pre-commit.sample", kW, "violation"},
                       {in_tree, "/home/ann/project/.git/hooks", kW, "violation"},
                       {in_tree, "/home/ann/project/.git/index", kW, "allow"},
                       {in_tree, "/tmp/pip-install-x/evil/.git/config", kW, "allow"},
                       {in_tree, "/tmp/pip-install-x/evil/.git/hooks/x", kW, "allow"}});
  const std::string hooks = "/home/ann/project/.git/hooks";
  EXPECT_FALSE(PipPolicy()
                   ->EvaluateFile(in_tree, {.path = hooks, .access = kW, .empty_directory = true})
                   .allowed());
}

TEST(FileRulesTest, ADirectoryOfCommandsIsWrittenByWhatInstallsThereOnly) {
  Check(*PipPolicy(), {{Manager(), "/home/ann/venv/bin/thing", kW, "allow"},
                       {Command(), "/home/ann/venv/bin/thing", kW, "violation"},
                       {EvilPackage(), "/home/ann/venv/bin/thing", kW, "violation"}});
}

TEST(FileRulesTest, TheUsersWordIsLiftedByDepth) {
  Config config;
  config.extra_paths = {{"/home/ann/papers", "--hide"}, {"/home/ann/both", "--hide"}};
  config.allow_read = {{"/home/ann/papers/open", "--allow-read"},
                       {"/home/ann/both", "--allow-read"},
                       {"/home/ann/.ssh/known_hosts", "--allow-read"},
                       {"~/data", "--allow-read"}};
  config.allow_write = {{"/srv/out", "--allow-write"}};
  Check(*PipPolicy(config), {{Command(), "/home/ann/papers/tax", kR, "hide"},
                             {Command(), "/home/ann/papers/tax", kW, "violation"},
                             {EvilPackage(), "/home/ann/papers/open/x", kR, "allow"},
                             {EvilPackage(), "/home/ann/papers/open/x", kW, "violation"},
                             {EvilPackage(), "/home/ann/data/x", kR, "allow"},
                             {EvilPackage(), "/home/ann/both/x", kR, "hide"},
                             {Command(), "/home/ann/.ssh/known_hosts", kR, "allow"},
                             {Command(), "/home/ann/.ssh/id_ed25519", kR, "hide"},
                             {EvilPackage(), "/srv/out/x", kW, "allow"},
                             {EvilPackage(), "/srv/out/x", kR | kW, "allow"},
                             {EvilPackage(), "/srv/outside", kW, "deny"}});
}

TEST(FileRulesTest, AWideWordOfTheUserOpensNoCredential) {
  Config config;
  config.allow_read = {{"/home/ann", "--allow-read"}, {"/home/bob/.ssh", "--allow-read"}};
  config.allow_write = {{"/home/ann", "--allow-write"}};
  Check(*PipPolicy(config), {{EvilPackage(), "/home/ann/notes", kR, "allow"},
                             {EvilPackage(), "/home/ann/.ssh/config", kR, "hide"},
                             {EvilPackage(), "/home/ann/project/.env", kR, "hide"},
                             {EvilPackage(), "/home/ann/.bashrc", kW, "violation"},
                             {EvilPackage(), "/home/ann/project/.vscode/x", kW, "violation"},
                             {EvilPackage(), "/home/bob/.ssh/config", kR, "allow"}});
}

TEST(FileRulesTest, SafeTracesOwnFilesAreNobodysToWrite) {
  Config config;
  config.allow_write = {{"/home/ann/.local/state/safe-trace", "--allow-write"}};
  for (Role role : {Role::kManager, Role::kPackage, Role::kCommand}) {
    Check(*PipPolicy(config),
          {{{.role = role}, "/home/ann/.local/state/safe-trace/traces/x", kW, "violation"},
           {{.role = role}, "/etc/safe-trace/config.toml", kW, "violation"},
           {{.role = role}, "/home/ann/project/safe-trace.toml", kW, "violation"}});
  }
  Check(*PipPolicy(), {{EvilPackage(), "/home/ann/.local/state/safe-trace/t", kR, "violation"},
                       {Manager(), "/home/ann/.local/state/safe-trace/t", kR, "allow"}});
}

TEST(FileRulesTest, ManagersWriteTheirPlacesAndNoOthers) {
  Check(*PipPolicy(), {{Manager(), "/tmp/pip-x/y", kW, "allow"},
                       {Manager(), "/home/ann/project/a", kW, "allow"},
                       {Manager(), "/home/ann/.cache/pip/http/x", kW, "allow"},
                       {Manager(), "/home/ann/.cache/other", kW, "deny"},
                       {Manager(), "/home/ann/venv/lib/python3.11/site-packages/x.py", kW, "allow"},
                       {Manager(), "/home/ann/Documents/letter", kW, "violation"},
                       {Manager(), "/home/ann/.foorc", kW, "deny"},
                       {Manager(), "/home/bob/x", kW, "violation"},
                       {Manager(), "/usr/lib/x", kW, "violation"},
                       {Manager(), "/usr/lib/python3/__pycache__/x.pyc", kW, "deny"},
                       {Manager(), "/var/lib/x", kW, "deny"},
                       {Manager(), "/home/bob/x", kR, "allow"},
                       {Manager(), "/dev/null", kR | kW, "allow"},
                       {Manager(), "/dev/pts/3", kR | kW, "allow"},
                       {Manager(), "/dev/pts/4", kR, "deny"},
                       {Manager(), "/dev/pts/ptmx", kR | kW, "allow"},
                       {Manager(), "/dev/shm/sem", kW, "allow"},
                       {Manager(), "/dev/sda", kR, "deny"},
                       {Manager(), "/dev/mem", kR, "deny"},
                       {Manager(), "/dev", kR, "allow"},
                       {Manager(), "/proc/12/oom_score_adj", kW, "allow"},
                       {Manager(), "/proc/12/mem", kW, "deny"},
                       {Manager(), "/proc/sys/kernel/core_pattern", kW, "deny"},
                       {Manager(), "/proc/sysrq-trigger", kW, "deny"}});
}

TEST(FileRulesTest, AGenericCommandWritesTheUsersCache) {
  auto policy = MustBuild(MadeUpFacts(), {}, MadeUpGeneric());
  Check(*policy, {{Command(), "/home/ann/.cache/x", kW, "allow"},
                  {Command(), "/home/bob/.cache/x", kW, "deny"}});
  HostFacts facts = MadeUpFacts();
  facts.environment["XDG_CACHE_HOME"] = "/home/ann/c";
  Check(*MustBuild(facts, {}, MadeUpGeneric()), {{Command(), "/home/ann/c/x", kW, "allow"}});
}

TEST(FileRulesTest, AWorkingDirectoryThatIsTooWideIsNotWritable) {
  struct Case {
    const char* directory;
    const char* outcome;
  };
  for (const Case& c :
       {Case{"/home/ann", "violation"}, Case{"/home", "deny"}, Case{"/", "deny"},
        Case{"/etc", "violation"}, Case{"/usr/lib", "violation"}, Case{"/var", "deny"},
        Case{"/srv/app", "allow"}, Case{"/opt/app", "allow"}, Case{"/usr/src/app", "allow"}}) {
    HostFacts facts = MadeUpFacts();
    facts.working_directory = c.directory;
    auto policy = MustBuild(facts, {}, MadeUpGeneric());
    const std::string path =
        (facts.working_directory == "/" ? "" : facts.working_directory) + "/file";
    EXPECT_EQ(Outcome(policy->EvaluateFile(Command(), {path, kW})), c.outcome) << c.directory;
  }
}

TEST(FileRulesTest, OptionValuesMayBeWrittenUnlessTheyAreTooWide) {
  HostFacts facts = MadeUpFacts();
  facts.arguments = {"pip", "install", "--target=/srv/lib", "-t", "out/../lib", "x"};
  Check(*MustBuild(facts, {}, MadeUpPip()), {{Manager(), "/srv/lib/x", kW, "allow"},
                                             {Manager(), "/home/ann/project/lib/x", kW, "allow"},
                                             {Manager(), "/srv/x", kW, "deny"}});
  for (const char* wide : {"/", "/home", "/home/ann", "/usr", "/etc", "../.."}) {
    facts.arguments = {"pip", "install", "--target", wide};
    Check(*MustBuild(facts, {}, MadeUpPip()), {{Manager(), "/home/ann/letter", kW, "violation"},
                                               {Manager(), "/usr/lib/x", kW, "violation"},
                                               {Manager(), "/etc/x", kW, "violation"}});
  }
}

TEST(FileRulesTest, PackageCodeReadsByAllowListOnly) {
  Check(*PipPolicy(),
        {{EvilPackage(), "/usr/lib/libc.so", kR, "allow"},
         {EvilPackage(), "/usr/bin/gcc", kX, "allow"},
         {EvilPackage(), "/etc/ld.so.cache", kR, "allow"},
         {EvilPackage(), "/home/ann/.pyenv/versions/3.11/bin/python3", kX, "allow"},
         {EvilPackage(), "/home/ann/venv/lib/python3.11/site-packages/a.py", kR, "allow"},
         {EvilPackage(), "/home/ann/venv/lib/python3.11/site-packages/a.py", kW, "violation"},
         {EvilPackage(), "/home/ann/.cache/pip/x", kW, "violation"},
         {EvilPackage(), "/home/ann/letter", kR, "violation"},
         {EvilPackage(), "/home/ann/project/setup.py", kR, "violation"},
         {EvilPackage(), "/home/bob/letter", kR, "violation"},
         {EvilPackage(), "/home/ann/letter", kW, "violation"},
         {EvilPackage(), "/tmp", kR, "allow"},
         {EvilPackage(), "/tmp/other", kR, "violation"},
         {EvilPackage(), "/tmp/pip-install-x/other/setup.py", kR, "violation"},
         {EvilPackage(), "/tmp/pip-install-x/evil/setup.py", kR | kW, "allow"},
         {EvilPackage(), "/tmp/pip-install-x/evil/tool", kX, "allow"},
         {EvilPackage(), "/tmp/pip-install-x/evil2", kR, "violation"},
         {EvilPackage(), "/var/lib/thing", kR, "deny"},
         {EvilPackage(), "/root", kR, "deny"},
         {EvilPackage(), "/proc/self/status", kR, "allow"},
         {EvilPackage(), "/proc/12/oom_score_adj", kW, "deny"},
         {EvilPackage(), "/sys/devices/system/cpu/online", kR, "allow"},
         {EvilPackage(), "/dev/null", kR | kW, "allow"},
         {EvilPackage(), "/dev/pts/3", kR | kW, "allow"},
         {EvilPackage(), "/dev/pts/4", kW, "deny"},
         {EvilPackage(), "/dev/urandom", kR, "allow"},
         {EvilPackage(), "/dev/urandom", kW, "deny"},
         {EvilPackage(), "/dev/shm/x", kW, "violation"},
         {EvilPackage(), "/dev/sda", kR, "deny"}});
}

TEST(FileRulesTest, WalkingDownToWhatIsAllowedIsNoViolation) {
  Check(*PipPolicy(), {{EvilPackage(), "/", kR, "deny"},
                       {EvilPackage(), "/home", kR, "deny"},
                       {EvilPackage(), "/home/ann", kR, "deny"},
                       {EvilPackage(), "/home/ann/.pyenv", kR, "deny"},
                       {EvilPackage(), "/home/ann/venv", kR, "deny"},
                       {EvilPackage(), "/tmp/pip-install-x", kR, "deny"},
                       {EvilPackage(), "/home/ann/.gitconfig", kR, "absent"},
                       // The go command looks there at every start.
                       {EvilPackage(), "/home/ann/.config/go/telemetry/mode", kR, "absent"},
                       {EvilPackage(), "/home/ann/venv/lib/x/__pycache__/y.pyc", kW, "deny"}});
}

TEST(FileRulesTest, AHomeInsideAGrantEndsIt) {
  HostFacts facts = MadeUpFacts();
  facts.home = "/tmp/fake/home";
  facts.homes = {facts.home};
  facts.working_directory = "/tmp/fake/work";
  auto policy = MustBuild(facts, {}, MadeUpGeneric());
  Subject wide = EvilPackage();
  wide.own = {{"/tmp/fake", kR | kW}};
  Check(*policy, {{Command(), "/tmp/fake/home/letter", kW, "violation"},
                  {Command(), "/tmp/fake/home/.cache/x", kW, "allow"},
                  {Command(), "/tmp/fake/work/x", kW, "allow"},
                  {Command(), "/tmp/fake/x", kW, "allow"},
                  {Command(), "/tmp/fake/work/.env", kR, "hide"},
                  {wide, "/tmp/fake/build", kW, "allow"},
                  {wide, "/tmp/fake/home/letter", kR, "violation"}});
}

TEST(FileRulesTest, ALinkedCredentialIsGuardedAtBothEnds) {
  HostFacts facts = MadeUpFacts();
  facts.links = {{"/home/ann/.ssh", "/data/keys"}};
  auto policy = MustBuild(facts, {}, MadeUpGeneric());
  Check(*policy, {{Command(), "/data/keys/id", kR, "hide"},
                  {Command(), "/home/ann/.ssh/id", kR, "hide"},
                  {Command(), "/data/other", kR, "allow"}});
}

TEST(FileRulesTest, AVariableThatNamesACredentialHidesIt) {
  HostFacts facts = MadeUpFacts();
  facts.environment["CLOUD_KEY_FILE"] = "/srv/keys/cloud.json";
  Check(*MustBuild(facts, {}, MadeUpGeneric()),
        {{Command(), "/srv/keys/cloud.json", kR, "hide"}, {Command(), "/srv/keys/x", kR, "allow"}});
}

TEST(FileRulesTest, MovingAHierarchyThatHoldsAGuardedPlaceIsRefused) {
  Config config;
  config.allow_write = {{"/home/ann", "--allow-write"}};
  auto policy = PipPolicy(config);
  auto move = [&](const char* path) {
    return Outcome(
        policy->EvaluateFile(Command(), {.path = path, .access = kW, .moves_hierarchy = true}));
  };
  EXPECT_EQ(move("/home/ann/.config"), "violation");
  EXPECT_EQ(move("/home/ann"), "violation");
  EXPECT_EQ(move("/home/ann/.ssh"), "violation");
  EXPECT_EQ(move("/home/ann/data"), "allow");
  EXPECT_EQ(move("/tmp/x"), "allow");
}

TEST(FileRulesTest, AReadOfBothIsDecidedByTheStricter) {
  Check(*PipPolicy(), {{Manager(), "/home/ann/letter", kR | kW, "violation"},
                       {Manager(), "/home/ann/project/x", kR | kW | kX, "allow"}});
}

TEST(ExecuteRulesTest, SomeProgramsArePackageCodesNever) {
  auto policy = PipPolicy();
  Decision denied = policy->EvaluateExecute(EvilPackage(), "/usr/bin/gh");
  EXPECT_EQ(Outcome(denied), "violation");
  EXPECT_EQ(denied.rule->id, "package.denied-program");
  EXPECT_TRUE(policy->EvaluateExecute(EvilPackage(), "/usr/bin/gcc").allowed());
  EXPECT_TRUE(policy->EvaluateExecute(EvilPackage(), "/usr/bin/ghc").allowed());
  EXPECT_TRUE(policy->EvaluateExecute(Manager(), "/usr/bin/gh").allowed());
  EXPECT_TRUE(policy->EvaluateExecute(Command(), "/tmp/tool").allowed());
  EXPECT_FALSE(policy->EvaluateExecute(EvilPackage(), "/tmp/dropped").allowed());
  EXPECT_FALSE(policy->EvaluateExecute(EvilPackage(), "/memfd:x (deleted)").allowed());
  EXPECT_FALSE(policy->EvaluateExecute(EvilPackage(), "").allowed());
}

TEST(FileRulesTest, HostilePathsAreHandledInLinearTime) {
  auto policy = PipPolicy();
  std::string deep;
  while (deep.size() < 4096) deep += "/.git";
  EXPECT_FALSE(policy->EvaluateFile(EvilPackage(), {deep, kW}).allowed());
  std::string project = "/home/ann/project" + deep;
  EXPECT_TRUE(policy->EvaluateFile(Command(), {project, kW}).allowed());
  std::string stars = "/home/ann/" + std::string(3000, '*');
  EXPECT_FALSE(policy->EvaluateFile(EvilPackage(), {stars, kR}).allowed());
  std::string bytes = "/home/ann/.ssh/\xff\xfe\n";
  EXPECT_EQ(policy->EvaluateFile(Command(), {bytes, kR}).verdict, Verdict::kHide);
}

// Started in a directory below the project's root.
std::unique_ptr<const Policy> PolicyBelowTheRoot() {
  HostFacts facts = MadeUpFacts();
  facts.project = facts.working_directory;
  facts.working_directory = "/home/ann/project/src/deep";
  Profile profile = MadeUpPip();
  profile.writes.push_back("{project}");
  return MustBuild(facts, {}, profile);
}

TEST(FileRulesTest, TheWholeProjectIsTheManagersAndGuardedAsOne) {
  Subject builder = EvilPackage();
  builder.own = {{"/home/ann/project/target/build/evil/out", kR | kW}};
  Check(*PolicyBelowTheRoot(), {{Manager(), "/home/ann/project/lock", kW, "allow"},
                                {Manager(), "/home/ann/project/src/deep/out", kW, "allow"},
                                {Manager(), "/home/ann/other", kW, "violation"},
                                {Manager(), "/home/ann/project/.vscode/x", kW, "violation"},
                                {Manager(), "/home/ann/project/src/deep/.vscode", kW, "violation"},
                                {builder, "/home/ann/project/target/build/evil/out/x", kW, "allow"},
                                {builder, "/home/ann/project/lock", kW, "violation"},
                                {builder, "/home/ann/project/src/deep/x", kW, "violation"}});
}

TEST(FileRulesTest, AProjectThatDoesNotHoldTheWorkingDirectoryIsNone) {
  HostFacts facts = MadeUpFacts();
  facts.project = "/home/ann/elsewhere";
  Check(*MustBuild(facts, {}, MadeUpPip()),
        {{Manager(), "/home/ann/elsewhere/x", kW, "violation"},
         {Manager(), "/home/ann/project/x", kW, "allow"}});
}

std::unique_ptr<const Policy> PolicyWithSetting(const std::string& value,
                                                const std::string& tmpl = "{setting:place}") {
  HostFacts facts = MadeUpFacts();
  facts.settings = {{"place", {value}}};
  CredentialCatalog catalog = MadeUpCatalog();
  ProtectedEntry commands;
  commands.id = "persistence.commands";
  commands.description = "where shells look for commands";
  commands.installable = true;
  commands.paths = {"~/.local/bin"};
  catalog.protected_places.push_back(commands);
  Profile profile = MadeUpPip();
  profile.writes = {tmpl};
  return MustBuild(facts, {}, profile, catalog);
}

TEST(FileRulesTest, APlaceThatConfigurationNamesIsTheManagersAlone) {
  Subject project{.role = Role::kProject, .ecosystem = "pip"};
  Check(*PolicyWithSetting("/home/ann/kept"),
        {{Manager(), "/home/ann/kept/x", kW, "allow"},
         {Manager(), "/home/ann/kept2/x", kW, "violation"},
         {project, "/home/ann/kept/x", kW, "violation"},
         {EvilPackage(), "/home/ann/kept/x", kW, "violation"}});
}

TEST(FileRulesTest, APlaceThatConfigurationNamesOpensNothingThatIsGuarded) {
  for (const char* value : {"/home/ann/.ssh", "/home/ann/.ssh/kept", "/home/ann/.config",
                            "/home/ann/.config/autostart", "/home/ann/.config/autostart/kept",
                            "/home/ann", "/home", "/"}) {
    Check(*PolicyWithSetting(value),
          {{Manager(), "/home/ann/.ssh/config", kR, "hide"},
           {Manager(), "/home/ann/.ssh/kept/x", kW, "violation"},
           {Manager(), "/home/ann/.config/autostart/kept/x", kW, "violation"},
           {Manager(), "/home/ann/.bashrc", kW, "violation"},
           {Manager(), "/home/ann/letter", kW, "violation"}});
  }
}

TEST(FileRulesTest, ProgramsMayBeInstalledWhereShellsLookForThem) {
  Check(*PolicyWithSetting("/home/ann/.local", "{setting:place}/bin"),
        {{Manager(), "/home/ann/.local/bin/tool", kW, "allow"},
         {EvilPackage(), "/home/ann/.local/bin/tool", kW, "violation"}});
}

TEST(FileRulesTest, APlaceInTheProjectDoesNotOpenWhatIsGuardedThere) {
  Check(*PolicyWithSetting("/home/ann/project/.git"),
        {{Manager(), "/home/ann/project/.git/hooks/x", kW, "violation"},
         {Manager(), "/home/ann/project/.git/index", kW, "allow"}});
  HostFacts facts = MadeUpFacts();
  facts.settings = {{"place", {"/home/ann/project/.git"}}};
  facts.install_targets = {"/home/ann/project/.git"};
  Profile profile = MadeUpPip();
  profile.writes = {"{install}"};
  Check(*MustBuild(facts, {}, profile),
        {{Manager(), "/home/ann/project/.git/hooks/x", kW, "violation"},
         {Manager(), "/home/ann/project/.vscode/x", kW, "violation"}});
}

}  // namespace
}  // namespace safe_trace
