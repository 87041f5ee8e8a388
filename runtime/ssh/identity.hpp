#pragma once

#include "runtime/ssh/libssh.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace baton::ssh {

/// A private key file as far as it can be used.
struct identity {
  enum class kind {
    usable,    ///< `key` can sign
    encrypted, ///< only an agent that holds it can sign
    missing,
    unreadable ///< not a key, or not ours to read; see `why`
  };
  std::string file;
  kind is = kind::missing;
  key_ptr key;
  host_key shown; ///< the public part, from the file or from FILE.pub; may be empty
  std::string why;
};

/// What an authority has signed of a key (`FILE-cert.pub`): shown to hosts in the key's place.
struct certificate {
  std::string file;
  key_ptr key;
  host_key shown;
};

/// Nothing when the file holds none. Read anew each time: they are short-lived.
std::optional<certificate> read_certificate(const std::string& file);

/// Whether `certificate` is one of `key`.
bool certifies(const host_key& certificate, const host_key& key);

/// A usable identity that shows `with` instead of its bare key; null when libssh cannot join them.
std::shared_ptr<const identity> certified(const identity& by, const certificate& with);

/// Identities by file name, each read once. Never asks for a passphrase. For one thread.
class identity_store {
public:
  std::shared_ptr<const identity> load(const std::string& file);

private:
  std::map<std::string, std::shared_ptr<const identity>, std::less<>> known_;
};

} // namespace baton::ssh
