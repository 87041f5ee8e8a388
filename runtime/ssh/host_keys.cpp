#include "runtime/ssh/host_keys.hpp"

#include "runtime/fault.hpp"
#include "runtime/ssh/encoding.hpp"
#include "runtime/ssh/engine.hpp"
#include "runtime/ssh/host_session.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <future>
#include <memory>

#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace baton::ssh {

namespace {

class open_file {
public:
  explicit open_file(const std::string& name)
      : fd_(::open(name.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  int fd() const noexcept { return fd_; }

private:
  int fd_;
};

bool ends_a_line(int fd) {
  const auto size = ::lseek(fd, 0, SEEK_END);
  char last = '\n';
  return size <= 0 || (::pread(fd, &last, 1, size - 1) == 1 && last == '\n');
}

} // namespace

expected<offered_key> fetch_host_key(const endpoint& to, const options& how,
                                     std::chrono::milliseconds deadline) {
  using result = expected<offered_key>;
  const auto answer = std::make_shared<std::promise<result>>();
  auto future = answer->get_future();
  const auto work = std::make_shared<engine>(how);
  work->begin();
  // On the stack of the reactor's thread it would end before the answer came.
  auto link = std::make_shared<std::shared_ptr<connection>>();
  work->loop->post([work, answer, link, to, deadline] {
    connection::hooks on;
    on.lost = [answer](const error& why) { answer->set_value(tl::unexpected{why}); };
    on.key_seen = [answer](const resolved_endpoint& at, const host_key& key,
                           const key_check& found) {
      answer->set_value(offered_key{where(at), key, fingerprint(key), found, known_hosts_name(at),
                                    at.known_hosts_user, at.hash_known_hosts});
    };
    *link =
        std::make_shared<connection>(*work, connection::route{to, {}, {}}, deadline, std::move(on));
    (*link)->start();
  });
  auto got = future.get();
  work->loop->post([link] {
    (*link)->close();
    link->reset();
  });
  work->end();
  return got;
}

std::string known_hosts_line(const offered_key& offered) {
  auto name = offered.name;
  if (offered.hashed) {
    std::string salt(name_salt_size, '\0');
    ::randombytes_buf(salt.data(), salt.size());
    name = "|1|" + to_base64(salt) + '|' + to_base64(hashed_name(salt, name));
  }
  return name + ' ' + offered.key.type + ' ' + to_base64(offered.key.blob);
}

expected<void> trust_host_key(const offered_key& offered) {
  const auto refuse = [&](const std::string& what) {
    return fault(ec::config_invalid, what + ' ' + offered.file + ": " + std::strerror(errno));
  };
  if (offered.found.verdict == key_verdict::revoked)
    return fault(ec::host_key_changed, "the key " + offered.fingerprint + " of " + offered.where
                                           + " is revoked: give the host a new one");
  if (offered.key.blob.empty() || offered.name.find_first_of(" \t\r\n,*?!") != std::string::npos)
    return fault(ec::internal, "no line for known_hosts can be made for " + offered.where);
  const auto folder = std::filesystem::path{offered.file}.parent_path();
  if (!folder.empty() && ::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return refuse("cannot make the folder of");
  const open_file file{offered.file};
  if (file.fd() < 0)
    return refuse("cannot open");
  if (::flock(file.fd(), LOCK_EX) != 0)
    return refuse("cannot lock");
  // Somebody else may have added it meanwhile.
  if (known_hosts::load({offered.file}).check(offered.name, offered.key).verdict
      == key_verdict::known)
    return {};
  const auto line = (ends_a_line(file.fd()) ? "" : "\n") + known_hosts_line(offered) + '\n';
  if (::write(file.fd(), line.data(), line.size()) != static_cast<ssize_t>(line.size())
      || ::fsync(file.fd()) != 0)
    return refuse("cannot write");
  return {};
}

} // namespace baton::ssh
