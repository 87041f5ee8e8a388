#pragma once

#include "runtime/ssh/libssh.hpp"

#include <map>
#include <memory>
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

/// Identities by file name, each read once. Never asks for a passphrase. For one thread.
class identity_store {
public:
  std::shared_ptr<const identity> load(const std::string& file);

private:
  std::map<std::string, std::shared_ptr<const identity>, std::less<>> known_;
};

} // namespace baton::ssh
