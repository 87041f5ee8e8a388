#include "runtime/ssh/encoding.hpp"

#include <array>

#include <sodium.h>

namespace baton::ssh {

namespace {

std::string base64(std::string_view bytes, int variant) {
  std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), variant);
  text.resize(text.size() - 1); // its NUL
  return text;
}

} // namespace

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes(text.size(), '\0');
  std::size_t size = 0;
  if (text.empty()
      || sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                           text.data(), text.size(), nullptr, &size, nullptr,
                           sodium_base64_VARIANT_ORIGINAL)
             != 0)
    return {};
  bytes.resize(size);
  return bytes;
}

std::string to_base64(std::string_view bytes) {
  return base64(bytes, sodium_base64_VARIANT_ORIGINAL);
}

std::string sha256_fingerprint(std::string_view blob) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(blob.data()), blob.size());
  return "SHA256:"
         + base64({reinterpret_cast<const char*>(hash.data()), hash.size()},
                  sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

std::optional<std::uint32_t> read_u32(std::string_view& bytes) {
  if (bytes.size() < 4)
    return {};
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i)
    number = number << 8 | static_cast<std::uint8_t>(bytes[i]);
  bytes.remove_prefix(4);
  return number;
}

std::optional<std::string_view> read_string(std::string_view& bytes) {
  auto rest = bytes;
  const auto size = read_u32(rest);
  if (!size || rest.size() < *size)
    return {};
  bytes = rest.substr(*size);
  return rest.substr(0, *size);
}

void put_u32(std::string& bytes, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes += static_cast<char>(number >> shift & 0xff);
}

void put_string(std::string& bytes, std::string_view text) {
  put_u32(bytes, static_cast<std::uint32_t>(text.size()));
  bytes += text;
}

} // namespace baton::ssh
