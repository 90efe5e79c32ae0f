// MOS_SANITIZED: built with a sanitizer, which forbids or changes what some tests are about.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)  // gcc
#define MOS_SANITIZED
#elif defined(__has_feature)  // clang
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MOS_SANITIZED
#endif
#endif
