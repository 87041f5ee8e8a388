#include "runtime/secrets/secret_file.hpp"

#include "runtime/fault.hpp"
#include "runtime/journal/state_dir.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace baton {

namespace {

std::string hex(const unsigned char* bytes, std::size_t size) {
  std::string text(size * 2 + 1, '\0');
  ::sodium_bin2hex(text.data(), text.size(), bytes, size);
  text.pop_back();
  return text;
}

tl::unexpected<error> cannot(const std::string& doing, const std::string& path, int why) {
  return fault(ec::secrets_failed,
               "cannot " + doing + " " + path + ": " + std::generic_category().message(why));
}

expected<std::string> read_up_to(int file, const std::string& path, std::size_t most) {
  std::string content;
  std::array<char, 16384> piece; // NOLINT: filled by read
  for (;;) {
    const auto n = ::read(file, piece.data(), piece.size());
    if (n == 0)
      return content;
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return cannot("read", path, errno);
    content.append(piece.data(), static_cast<std::size_t>(n));
    if (content.size() > most)
      return fault(ec::secrets_failed, path + " is larger than 1 MiB: that is no file of secrets");
  }
}

/// Made under another name and linked into place: of two runs at once both get the same one.
expected<void> make_key_file(const std::string& path) {
  const auto draft = path + "." + fresh_digest_key().substr(0, 16);
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0)
    return cannot("make", draft, errno);
  const auto key = fresh_digest_key();
  const bool written = ::write(file, key.data(), key.size()) == static_cast<ssize_t>(key.size())
                       && ::fsync(file) == 0;
  const int why = errno;
  ::close(file);
  const bool linked = written && (::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int why_link = errno;
  ::unlink(draft.c_str());
  if (!written || !linked)
    return cannot("make", path, written ? why_link : why);
  return {};
}

} // namespace

expected<secret_file> read_secret_file(const std::string& path) {
  // O_NONBLOCK: a fifo in its place must not hold us.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0)
    return cannot("read", path, errno);
  struct stat about = {};
  if (::fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
    ::close(file);
    return fault(ec::secrets_failed, path + " is not a plain file");
  }
  auto content = read_up_to(file, path, secret_file_max);
  ::close(file);
  if (!content)
    return tl::unexpected{content.error()};
  return secret_file{std::move(*content), (about.st_mode & (S_IRWXG | S_IRWXO)) != 0};
}

std::string keyed_digest(std::string_view key, std::string_view content) {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data()); // NOLINT: sodium's type
  };
  crypto_hash_sha256_state state;
  std::array<unsigned char, crypto_hash_sha256_BYTES> sum{};
  ::crypto_hash_sha256_init(&state);
  ::crypto_hash_sha256_update(&state, bytes(key), key.size());
  ::crypto_hash_sha256_update(&state, bytes(content), content.size());
  ::crypto_hash_sha256_final(&state, sum.data());
  return hex(sum.data(), sum.size());
}

std::string fresh_digest_key() {
  static const bool ready = ::sodium_init() >= 0;
  std::array<unsigned char, 32> key{};
  if (ready)
    ::randombytes_buf(key.data(), key.size());
  return hex(key.data(), key.size());
}

expected<std::string> digest_key_of(std::string_view word) {
  const auto folder = state_dir();
  if (auto made = make_private_folder(folder); !made)
    return tl::unexpected{made.error()};
  const auto path = (folder / "compare.key").string();
  if (::access(path.c_str(), F_OK) != 0)
    if (auto made = make_key_file(path); !made)
      return tl::unexpected{made.error()};
  const auto key = read_secret_file(path);
  if (!key)
    return tl::unexpected{key.error()};
  if (key->content.size() < 32)
    return fault(ec::secrets_failed, path + " is cut short: remove it");
  return keyed_digest(key->content, word);
}

} // namespace baton
