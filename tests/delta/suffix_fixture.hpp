// Payloads of the codec 'suffix' put together by hand, right ones and others.
#pragma once

#include "delta_fixture.hpp"

#include "lzma.hpp"
#include "memory_budget.hpp"
#include "suffix_format.hpp"

#include <array>

namespace mos::test::delta {

using mos::delta::LzmaEncoder;
using mos::delta::MemoryBudget;

[[nodiscard]] inline Bytes number(std::uint64_t value) {
    Bytes out;
    for (; value >= 0x80U; value >>= 7U)
        out.push_back(static_cast<std::byte>(value | 0x80U));
    out.push_back(static_cast<std::byte>(value));
    return out;
}

struct Command {
    std::uint64_t extra = 0;
    std::int64_t distance = 0;
    std::uint64_t added = 0;
    std::uint64_t copied = 0;
};

struct Block {
    std::vector<Command> commands;
    Bytes add = {};
    Bytes extra = {};
    std::uint64_t said = 0;  // how many commands it says it has; those that it has where 0
};

[[nodiscard]] inline Bytes control_of(const Block &block) {
    Bytes out;
    for (const Command &command : block.commands)
        out = joined({out, number(command.extra), number(mos::delta::suffix::folded(command.distance)),
                      number(command.added), number(command.copied)});
    return out;
}

constexpr std::uint32_t dictionary = 4096;

// `lists` stands behind the features.
[[nodiscard]] inline Bytes payload(const std::vector<Block> &blocks, std::byte version = {}, std::byte features = {},
                                   const Bytes &lists = {}) {
    MemoryBudget memory{std::uint64_t{1} << 30U};
    std::vector<LzmaEncoder> encoders;
    Bytes out = joined({Bytes{version, features}, lists});
    for (int i = 0; i < 3; ++i) {
        encoders.push_back(must(LzmaEncoder::create(memory, dictionary, {})));
        out.push_back(encoders.back().property());
    }
    for (const Block &block : blocks) {
        const bool last = &block == &blocks.back();
        const std::array<Bytes, 3> plain = {control_of(block), block.add, block.extra};
        const std::uint64_t said = block.said != 0 ? block.said : block.commands.size();
        out = joined({out, number(said << 1U | (last ? 1U : 0U))});
        std::array<Bytes, 3> stored;
        for (std::size_t i = 0; i < stored.size(); ++i) {
            must(encoders[i].code(plain[i], last ? LzmaEncoder::Action::end : LzmaEncoder::Action::flush, stored[i]));
            out = joined({out, number(stored[i].size())});
        }
        out = joined({out, stored[0], stored[1], stored[2]});
    }
    return out;
}

struct Outcome {
    Result<void> result;
    Bytes written;
};

[[nodiscard]] inline Outcome apply(const Bytes &from, const Bytes &old, const Bytes &expected,
                                   std::uint64_t memory = mos::delta::default_apply_memory) {
    Bytes written;
    const auto base = source(old);
    auto result = mos::delta::apply_payload(Codec::suffix, *base, mos::delta::stream_of(from),
                                            {.size = expected.size(), .digest = crypto::sha256(expected)},
                                            {.memory_limit = memory}, [&](base::ByteView part) -> Result<void> {
                                                written.insert(written.end(), part.begin(), part.end());
                                                return {};
                                            });
    return {std::move(result), std::move(written)};
}

[[nodiscard]] inline Bytes bytes(std::string_view text) { return base::to_bytes(base::as_bytes(text)); }

}  // namespace mos::test::delta
