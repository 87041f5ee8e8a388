#include "world.hpp"

#include "embedded/steps.hpp"
#include "runtime/process.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace baton::test {

namespace fs = std::filesystem;

namespace {

std::map<std::string, std::string> quiet_git() {
  return {{"GIT_CONFIG_GLOBAL", "/dev/null"}, {"GIT_CONFIG_SYSTEM", "/dev/null"},
          {"GIT_AUTHOR_NAME", "A"},           {"GIT_AUTHOR_EMAIL", "a@example.org"},
          {"GIT_COMMITTER_NAME", "A"},        {"GIT_COMMITTER_EMAIL", "a@example.org"},
          {"GIT_CONFIG_COUNT", "1"},          {"GIT_CONFIG_KEY_0", "uploadpack.allowAnySHA1InWant"},
          {"GIT_CONFIG_VALUE_0", "true"}};
}

std::string must(const process_request& ask) {
  const auto end = run_process(ask);
  if (!end)
    throw std::runtime_error(describe(end.error()));
  if (!end->ok())
    throw std::runtime_error(ask.argv.front() + " failed: " + end->out + end->err);
  auto out = end->out;
  if (out.ends_with('\n'))
    out.pop_back();
  return out;
}

} // namespace

std::vector<std::string> shell_named(const std::string& name) {
  return name == "busybox" ? std::vector<std::string>{"busybox", "sh"} : std::vector{name};
}

world::world(std::vector<std::string> shell) : shell_{std::move(shell)} {
  std::string name = (fs::temp_directory_path() / "baton-release-XXXXXX").string();
  if (!::mkdtemp(name.data()))
    throw std::runtime_error("cannot make a temporary folder");
  root = fs::canonical(name);
  origin = root / "origin";
  home = root / "home";
  state = home / "state";
  checkout = home / "app";
  for (const auto& folder : {origin, home, state})
    fs::create_directories(folder);
  env = quiet_git();
  env["HOME"] = home.string();
  env["XDG_CACHE_HOME"] = (root / "cache").string();
  ::setenv("XDG_CACHE_HOME", env["XDG_CACHE_HOME"].c_str(), 1); // NOLINT: one thread
  git({"init", "-q", "-b", "main"});

  struct stack what;
  what.name = "web";
  what.repository = origin.string();
  what.path = "~/app";
  struct stage where;
  where.name = "one";
  where.hosts = {"alpha"};
  where.stacks = {what};
  struct host host;
  host.reach.name = "alpha";
  host.reach.address = "127.0.0.1";
  plan.fleet.name = "fleet";
  plan.fleet.hosts = {host};
  plan.fleet.disk_free_min = 1;
  plan.fleet.stages = {where};
  plan.stages = {where};
  plan.hosts = {"alpha"};
  plan.units = {{controller_name, ""}, {"alpha", ""}, {"alpha", "web"}};
  begin();
}

world::~world() {
  // What still carries our folder in its environment was started from here.
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos)
      continue;
    std::ifstream environment{entry.path() / "environ", std::ios::binary};
    std::stringstream text;
    text << environment.rdbuf();
    if (text.str().find("HOME=" + home.string()) != std::string::npos)
      ::kill(static_cast<pid_t>(std::stol(name)), SIGKILL);
  }
  std::error_code ignored;
  fs::remove_all(root, ignored);
}

std::string world::git(const std::vector<std::string>& words, const fs::path& in) {
  process_request ask;
  ask.argv = {"git"};
  ask.argv.insert(ask.argv.end(), words.begin(), words.end());
  ask.env = quiet_git();
  ask.folder = (in.empty() ? origin : in).string();
  return must(ask);
}

std::string world::commit(const std::vector<std::pair<std::string, std::string>>& files,
                          const std::string& message) {
  for (const auto& [name, content] : files)
    write(origin / name, content, name.ends_with(".sh"));
  git({"add", "-A", "-f"});
  git({"commit", "-q", "--allow-empty", "-m", message});
  return git({"rev-parse", "HEAD"});
}

std::string world::sh(const std::string& line) {
  process_request ask;
  ask.argv = {"sh", "-c", line};
  ask.env = env;
  ask.folder = home.string();
  return must(ask);
}

void world::write(const fs::path& file, const std::string& text, bool executable) {
  fs::create_directories(file.parent_path());
  std::ofstream{file, std::ios::binary} << text;
  if (executable)
    fs::permissions(file, fs::perms::owner_exec, fs::perm_options::add);
}

std::string world::read(const fs::path& file) {
  std::ifstream from{file, std::ios::binary};
  std::stringstream text;
  text << from.rdbuf();
  return text.str();
}

void world::begin(const std::string& ref) {
  ++runs_;
  plan.run = "run" + std::to_string(100 + runs_);
  plan.release = "R" + std::to_string(100 + runs_);
  plan.request.commit_hash = ref;
  facts.clear();
}

step_outcome world::run(step_kind kind) {
  const bool here = kind == step_kind::resolve;
  const event::step_started step{
      "one", kind, here ? 0U : 2U, here ? controller_name : "alpha", 1, std::chrono::minutes{1}};
  const job_context context{plan, step, facts};
  auto job = make_job(context);
  step_outcome outcome;
  if (!job)
    outcome.why = job.error();
  else
    outcome = read_outcome(context, execute(*job));
  if (!outcome.why)
    for (const auto& [key, value] : outcome.facts)
      facts[{kind, step.of}][key] = value;
  return outcome;
}

job_end world::execute(const job& what) {
  const auto folder = root / "steps" / std::to_string(++steps_);
  const auto files = folder / "files";
  write(folder / "script", std::string{embedded::step_prelude_sh} + what.script);
  fs::create_directories(files);
  for (const auto& file : what.files)
    write(files / file.name, *file.content);
  process_request ask;
  ask.argv = shell_;
  ask.argv.push_back((folder / "script").string());
  ask.env = env;
  ask.env["BATON_FACTS"] = (folder / "facts").string();
  ask.env["BATON_DIR"] = state.string();
  ask.env["BATON_FILES"] = files.string();
  ask.folder = home.string();
  ask.deadline = std::chrono::seconds{60};
  const auto end = run_process(ask);
  job_end how;
  if (!end)
    throw std::runtime_error(describe(end.error()));
  how.exit = end->exit;
  how.signal = end->signal;
  how.deadline_hit = end->deadline_hit;
  how.facts = read(folder / "facts");
  last_log = end->out + end->err;
  how.log_tail = last_log.substr(last_log.size() - std::min<std::size_t>(last_log.size(), 8192));
  return how;
}

void world::deploy(const std::string& ref) {
  begin(ref);
  for (const auto kind : {step_kind::resolve, step_kind::inspect, step_kind::baseline,
                          step_kind::prepare, step_kind::activate}) {
    const auto outcome = run(kind);
    if (outcome.why)
      throw std::runtime_error(std::string{to_string(kind)} + ": " + describe(*outcome.why) + "\n"
                               + last_log);
  }
}

step_outcome world::settled(step_kind kind, const std::function<bool(const step_outcome&)>& good) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  for (;;) {
    auto outcome = run(kind);
    if (good(outcome) || std::chrono::steady_clock::now() > until)
      return outcome;
    std::this_thread::yield();
  }
}

step_outcome world::settle(bool good) {
  facts[{step_kind::settle, 2}]["fate"] = good ? "good" : "bad";
  return run(step_kind::settle);
}

} // namespace baton::test
