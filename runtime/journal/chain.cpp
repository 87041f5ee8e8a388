#include "runtime/journal/chain.hpp"

#include <sodium.h>

namespace baton {

namespace {

class hasher {
public:
  hasher() { crypto_generichash_init(&state_, nullptr, 0, chain_hash{}.size()); }

  void add(const void* bytes, std::size_t size) {
    crypto_generichash_update(&state_, static_cast<const unsigned char*>(bytes), size);
  }

  /// Little endian whatever the machine is.
  void add(std::uint64_t number) {
    std::array<unsigned char, 8> bytes{};
    for (auto& byte : bytes) {
      byte = static_cast<unsigned char>(number & 0xff);
      number >>= 8;
    }
    add(bytes.data(), bytes.size());
  }

  void add(std::string_view text) {
    add(static_cast<std::uint64_t>(text.size()));
    add(text.data(), text.size());
  }

  chain_hash end() {
    chain_hash made{};
    crypto_generichash_final(&state_, made.data(), made.size());
    return made;
  }

private:
  crypto_generichash_state state_{};
};

} // namespace

chain_hash hash_of(const chain_hash& prev, const chained_event& what) {
  hasher to;
  to.add(prev.data(), prev.size());
  to.add(what.seq);
  to.add(what.run);
  to.add(static_cast<std::uint64_t>(what.at));
  to.add(what.type);
  to.add(static_cast<std::uint64_t>(what.version));
  to.add(what.json);
  return to.end();
}

} // namespace baton
