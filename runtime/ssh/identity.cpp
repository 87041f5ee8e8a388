#include "runtime/ssh/identity.hpp"

#include "runtime/ssh/encoding.hpp"
#include "runtime/ssh/read_text.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace baton::ssh {

namespace {

constexpr off_t key_size_max = 64 * 1024;
constexpr std::string_view certificate_suffix = "-cert-v01@openssh.com";

// OpenSSH's own format says both in the clear: whether it is encrypted, and the public key.
struct container {
  bool encrypted = false;
  std::string blob;
};

std::optional<container> read_container(std::string_view text) {
  constexpr std::string_view begin = "-----BEGIN OPENSSH PRIVATE KEY-----";
  constexpr std::string_view end = "-----END OPENSSH PRIVATE KEY-----";
  constexpr std::string_view magic{"openssh-key-v1\0", 15};
  const auto from = text.find(begin);
  const auto to = text.find(end);
  if (from == std::string_view::npos || to == std::string_view::npos || to < from)
    return {};
  std::string base64;
  for (const char c : text.substr(from + begin.size(), to - from - begin.size()))
    if (c != '\n' && c != '\r' && c != ' ')
      base64 += c;
  const auto bytes = from_base64(base64);
  if (!bytes || !bytes->starts_with(magic))
    return {};
  auto rest = std::string_view{*bytes}.substr(magic.size());
  const auto cipher = read_string(rest);
  const auto kdf = read_string(rest);
  const auto kdf_options = read_string(rest);
  const auto keys = read_u32(rest);
  const auto blob = read_string(rest);
  if (!cipher || !kdf || !kdf_options || !keys || !blob)
    return {};
  return container{*cipher != "none", std::string{*blob}};
}

host_key of_blob(std::string blob) {
  std::string_view rest = blob;
  host_key made;
  made.type = read_string(rest).value_or("");
  made.blob = std::move(blob);
  return made;
}

// `FILE.pub`, or FILE itself when it holds a public key.
host_key read_public(const std::string& file) {
  ssh_key key = nullptr;
  if (::ssh_pki_import_pubkey_file(file.c_str(), &key) != SSH_OK)
    return {};
  const key_ptr owner{key};
  return public_part(key);
}

identity read_identity(const std::string& file) {
  identity made;
  made.file = file;
  struct stat about {};
  if (::stat(file.c_str(), &about) != 0) {
    made.is =
        errno == ENOENT || errno == ENOTDIR ? identity::kind::missing : identity::kind::unreadable;
    made.why = std::strerror(errno);
    made.shown = read_public(file + ".pub");
    // A public key whose private half only the agent has.
    if (made.is == identity::kind::missing && !made.shown.blob.empty())
      made.is = identity::kind::encrypted;
    return made;
  }
  if (!S_ISREG(about.st_mode) || about.st_size > key_size_max) {
    made.is = identity::kind::unreadable;
    made.why = "not a key file";
    return made;
  }
  const auto text = read_text(file);
  if (about.st_uid == ::getuid() && (about.st_mode & 077U) != 0
      && text.find("PRIVATE KEY-----") != std::string::npos) {
    made.is = identity::kind::unreadable;
    made.why = "others may read it, so it is not used, nor by ssh: `chmod 600 " + file + '`';
    made.shown = read_public(file + ".pub");
    return made;
  }
  const auto inside = read_container(text);
  if (inside)
    made.shown = of_blob(inside->blob);
  if (inside && inside->encrypted) {
    made.is = identity::kind::encrypted;
    return made;
  }
  // Without this callback libcrypto would ask for the passphrase on the terminal.
  bool asked = false;
  const auto refuse = [](const char*, char*, std::size_t, int, int, void* user) {
    *static_cast<bool*>(user) = true;
    return -1;
  };
  ssh_key key = nullptr;
  const int rc = ::ssh_pki_import_privkey_file(file.c_str(), nullptr, refuse, &asked, &key);
  if (rc == SSH_OK) {
    made.key.reset(key);
    made.is = identity::kind::usable;
    if (made.shown.blob.empty())
      made.shown = public_part(key);
    return made;
  }
  if (made.shown.blob.empty())
    made.shown = read_public(file + ".pub");
  if (asked) {
    made.is = identity::kind::encrypted;
    return made;
  }
  if (auto self = read_public(file); !self.blob.empty()) {
    made.shown = std::move(self);
    made.is = identity::kind::encrypted;
    return made;
  }
  made.is = identity::kind::unreadable;
  made.why = rc == SSH_EOF ? "cannot be read" : "not a private key that can be used";
  return made;
}

} // namespace

// PROTOCOL.certkeys: the type, a nonce, and then what comes after the type in the key itself.
bool certifies(const host_key& certificate, const host_key& key) {
  if (certificate.type != key.type + std::string{certificate_suffix})
    return false;
  std::string_view signed_part = certificate.blob;
  std::string_view numbers = key.blob;
  return read_string(signed_part) && read_string(signed_part) && read_string(numbers)
         && !numbers.empty() && signed_part.starts_with(numbers);
}

std::shared_ptr<const identity> certified(const identity& by, const certificate& with) {
  auto made = std::make_shared<identity>();
  made->file = by.file + " with " + with.file;
  made->is = identity::kind::usable;
  made->shown = with.shown;
  made->key.reset(::ssh_key_dup(by.key.get()));
  if (!made->key || ::ssh_pki_copy_cert_to_privkey(with.key.get(), made->key.get()) != SSH_OK)
    return nullptr;
  return made;
}

std::optional<certificate> read_certificate(const std::string& file) {
  ssh_key key = nullptr;
  if (::ssh_pki_import_cert_file(file.c_str(), &key) != SSH_OK)
    return {};
  certificate made{file, key_ptr{key}, public_part(key)};
  if (!made.shown.type.ends_with(certificate_suffix))
    return {};
  return made;
}

std::shared_ptr<const identity> identity_store::load(const std::string& file) {
  auto& slot = known_[file];
  if (!slot)
    slot = std::make_shared<const identity>(read_identity(file));
  return slot;
}

} // namespace baton::ssh
