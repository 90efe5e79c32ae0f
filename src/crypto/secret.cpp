#include <mos/crypto/secret.hpp>

#include <sodium.h>

namespace mos::crypto {

void wipe(void *data, std::size_t size) noexcept { sodium_memzero(data, size); }

}  // namespace mos::crypto
