#include "tests/support/loopback_sshd.hpp"

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace baton {

namespace {

using clock = std::chrono::steady_clock;
constexpr std::chrono::seconds patience{20};

std::string user_name() {
  const auto* entry = ::getpwuid(::getuid());
  if (entry == nullptr)
    throw std::runtime_error{"the user running the tests has no name"};
  return entry->pw_name;
}

// Those that stay are started through setpriv, so that a test that is killed leaves nothing.
pid_t spawn(const std::vector<std::string>& words, const std::string& output,
            const std::vector<std::string>& more_environment = {}) {
  std::vector<char*> argv;
  for (const auto& word : words)
    argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  std::vector<char*> environment;
  for (const auto& one : more_environment)
    environment.push_back(const_cast<char*>(one.c_str()));
  for (char** one = environ; *one != nullptr; ++one)
    environment.push_back(*one);
  environment.push_back(nullptr);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, 1, output.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                     0600);
  ::posix_spawn_file_actions_adddup2(&files, 1, 2);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const int failed =
      ::posix_spawnp(&pid, words[0].c_str(), &files, &attributes, argv.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (failed != 0)
    throw std::runtime_error{"cannot run " + words[0]};
  return pid;
}

void run(const std::vector<std::string>& words, const std::vector<std::string>& environment) {
  const auto pid = spawn(words, "/dev/null", environment);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (status != 0)
    throw std::runtime_error{words[0] + " failed with " + std::to_string(status)};
}

template <class Condition>
void wait_for(const std::string& what, Condition condition) {
  for (const auto end = clock::now() + patience; !condition();
       std::this_thread::sleep_for(std::chrono::milliseconds{5}))
    if (clock::now() > end)
      throw std::runtime_error{what + " did not come in time"};
}

std::string program(const std::string& name, const std::string& usual) {
  if (::access(usual.c_str(), X_OK) == 0)
    return usual;
  throw std::runtime_error{name + " is not installed (" + usual + ')'};
}

// The pids below `root`, itself included: sshd gives each connection a session of its own, so its
// process group does not hold them.
std::vector<pid_t> family(pid_t root) {
  std::vector<std::pair<pid_t, pid_t>> all; // pid, parent
  // Processes come and go meanwhile, so nothing here may throw.
  std::error_code ignored;
  for (std::filesystem::directory_iterator at{"/proc", ignored}, end; at != end;
       at.increment(ignored)) {
    const auto name = at->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos)
      continue;
    const auto text = read_file(at->path() / "stat");
    const auto after = text.rfind(')');
    if (after == std::string::npos || after + 4 >= text.size())
      continue;
    all.emplace_back(std::atoi(name.c_str()), std::atoi(text.c_str() + after + 4));
  }
  std::vector<pid_t> found{root};
  for (std::size_t i = 0; i < found.size(); ++i)
    for (const auto& [pid, parent] : all)
      if (parent == found[i])
        found.push_back(pid);
  return found;
}

} // namespace

void write_file(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream out{file, std::ios::binary | std::ios::trunc};
  out << text;
  out.close();
  if (!out || ::chmod(file.c_str(), 0600) != 0)
    throw std::runtime_error{"cannot write " + file.string()};
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf(); // which, unlike the iterator, does not throw when a read fails
  return text.str();
}

void must_run(const std::vector<std::string>& words) {
  run(words, {});
}

void make_key(const std::string& file, const std::string& passphrase, const std::string& type) {
  std::vector<std::string> words{"ssh-keygen", "-q", "-t",   type, "-N",
                                 passphrase,   "-C", "test", "-f", file};
  if (!passphrase.empty())
    words.insert(words.end(), {"-a", "1"});
  must_run(words);
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&at), size) != 0
      || ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0)
    throw std::runtime_error{"no free port"};
  ::close(fd);
  return ntohs(at.sin_port);
}

loopback_sshd::loopback_sshd(setup how) : how_(std::move(how)), user_(user_name()) {
  make_key(host_key_file(), {}, how_.host_key_type);
  key_ = (folder_ / "user_key").string();
  make_key(key_);
  write_file(authorized_keys(),
             how_.authorized_key.empty() ? public_key() : how_.authorized_key + '\n');
  std::filesystem::create_directories(home());
  // sshd run by root insists on this folder, which the package makes at boot only.
  if (::getuid() == 0)
    std::filesystem::create_directories("/run/sshd");
  start();
}

loopback_sshd::~loopback_sshd() {
  try {
    stop();
  } catch (...) {
    if (pid_ > 0)
      ::kill(pid_, SIGKILL);
  }
}

void loopback_sshd::start() {
  constexpr int attempts = 5; // somebody else may take the port first
  for (int i = 0; i < attempts && pid_ < 0; ++i) {
    if (port_ == 0)
      port_ = how_.port != 0 ? how_.port : free_port();
    // The first value of a keyword counts, but of MaxStartups the last.
    std::string config = "MaxStartups 100:30:200\n";
    for (const auto& line : how_.config)
      config += line + '\n';
    config += "Port " + std::to_string(port_) + "\nListenAddress 127.0.0.1\nSetEnv HOME=" + home()
              + "\nHostKey " + host_key_file() + "\nAuthorizedKeysFile " + authorized_keys()
              + "\nPidFile " + (folder_ / "pid").string()
              + "\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
                "KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nUseDNS no\n"
                "LoginGraceTime 30\nPrintMotd no\nLogLevel VERBOSE\n";
    write_file((folder_ / "sshd_config").string(), config);
    pid_ = spawn(
        {program("sshd", "/usr/sbin/sshd"), "-D", "-e", "-f", (folder_ / "sshd_config").string()},
        (folder_ / "log").string());
    try {
      wait_until_it_listens();
    } catch (...) {
      stop();
      if (how_.port != 0 || i + 1 == attempts)
        throw std::runtime_error{"sshd does not start: " + log()};
      port_ = 0;
    }
  }
}

void loopback_sshd::wait_until_it_listens() const {
  wait_for("sshd", [&] {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_)
      throw std::runtime_error{"sshd ended"};
    // Its own word: somebody else might answer on that port, and a try would count as a login.
    return log().find("Server listening on 127.0.0.1 port " + std::to_string(port_))
           != std::string::npos;
  });
}

void loopback_sshd::stop() {
  if (pid_ < 0)
    return;
  signal(SIGSTOP); // so that none is born while we look
  signal(SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  write_file((folder_ / "log").string(), "");
}

void loopback_sshd::signal(int number) const {
  for (const auto pid : family(pid_))
    ::kill(pid, number);
}

bool loopback_sshd::runs(const std::string& word) const {
  for (const auto pid : family(pid_))
    if (read_file("/proc/" + std::to_string(pid) + "/cmdline").find(word) != std::string::npos)
      return true;
  return false;
}

endpoint loopback_sshd::to(const std::string& name) const {
  endpoint made;
  made.name = name;
  made.address = "127.0.0.1";
  made.user = user_;
  made.port = port_;
  made.identities = {key_};
  return made;
}

std::string loopback_sshd::public_key() const {
  return read_file(key_ + ".pub");
}

std::string loopback_sshd::host_key() const {
  const auto line = read_file(host_key_file() + ".pub");
  return line.substr(0, line.rfind(' '));
}

std::string loopback_sshd::known_hosts_line() const {
  return "[127.0.0.1]:" + std::to_string(port_) + ' ' + host_key();
}

std::string loopback_sshd::log() const {
  return read_file((folder_ / "log").string());
}

loopback_agent::loopback_agent() {
  pid_ = spawn({"setpriv", "--pdeathsig", "KILL", "ssh-agent", "-D", "-a", socket()},
               (folder_ / "log").string());
  wait_for("ssh-agent", [&] {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    socket().copy(to.sun_path, sizeof to.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool open = ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    ::close(fd);
    return open;
  });
}

loopback_agent::~loopback_agent() {
  ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
}

void loopback_agent::add(const std::string& key_file, const std::string& passphrase) const {
  std::vector<std::string> environment{"SSH_AUTH_SOCK=" + socket()};
  if (!passphrase.empty()) {
    const auto helper = (folder_ / "askpass").string();
    write_file(helper, "#!/bin/sh\necho '" + passphrase + "'\n");
    ::chmod(helper.c_str(), 0700);
    environment.insert(environment.end(),
                       {"SSH_ASKPASS=" + helper, "SSH_ASKPASS_REQUIRE=force", "DISPLAY=:0"});
  }
  run({"ssh-add", "-q", key_file}, environment);
}

void loopback_agent::signal(int number) const {
  ::kill(pid_, number);
}

} // namespace baton
