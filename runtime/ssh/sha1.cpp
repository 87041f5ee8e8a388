#include "runtime/ssh/sha1.hpp"

#include <bit>
#include <cstddef>
#include <string>

namespace baton::ssh {

namespace {

constexpr std::size_t block_size = 64;

std::uint32_t big_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i)
    word = word << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return word;
}

void add_block(std::array<std::uint32_t, 5>& state, std::string_view block) {
  std::array<std::uint32_t, 80> w{};
  for (std::size_t i = 0; i < 16; ++i)
    w[i] = big_endian(block, 4 * i);
  for (std::size_t i = 16; i < 80; ++i)
    w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  auto [a, b, c, d, e] = state;
  for (std::size_t i = 0; i < 80; ++i) {
    std::uint32_t f = b ^ c ^ d;
    std::uint32_t k = 0xca62c1d6;
    if (i < 20) {
      f = (b & c) | (~b & d);
      k = 0x5a827999;
    } else if (i < 40) {
      k = 0x6ed9eba1;
    } else if (i < 60) {
      f = (b & c) | (b & d) | (c & d);
      k = 0x8f1bbcdc;
    }
    const auto next = std::rotl(a, 5) + f + e + k + w[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

std::string_view text(const sha1_digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

} // namespace

sha1_digest sha1(std::string_view bytes) {
  std::array<std::uint32_t, 5> state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
  while (bytes.size() >= block_size) {
    add_block(state, bytes.substr(0, block_size));
    bytes.remove_prefix(block_size);
  }
  std::string rest{bytes};
  rest += '\x80';
  while (rest.size() % block_size != block_size - 8)
    rest += '\0';
  for (int shift = 56; shift >= 0; shift -= 8)
    rest += static_cast<char>(bits >> shift & 0xff);
  for (std::size_t at = 0; at < rest.size(); at += block_size)
    add_block(state, std::string_view{rest}.substr(at, block_size));
  sha1_digest digest{};
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = static_cast<std::uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

sha1_digest hmac_sha1(std::string_view key, std::string_view bytes) {
  std::string inner(block_size, '\0');
  const auto digest = sha1(key);
  const auto used = key.size() > block_size ? text(digest) : key;
  used.copy(inner.data(), used.size());
  auto outer = inner;
  for (auto& c : inner)
    c = static_cast<char>(c ^ 0x36);
  for (auto& c : outer)
    c = static_cast<char>(c ^ 0x5c);
  inner += bytes;
  const auto first = sha1(inner);
  outer += text(first);
  return sha1(outer);
}

} // namespace baton::ssh
