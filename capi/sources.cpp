#include "sources.hpp"

#include "callback_data.hpp"

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::capi {

namespace {

class CallbackSource final : public base::Source {
  public:
    CallbackSource(std::uint64_t size, std::string name, mos_read_at_callback callback, std::shared_ptr<void> owner)
        : m_size(size), m_name(std::move(name)), m_read_at(callback), m_owner(std::move(owner)) {}

    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, base::MutableByteView out) override {
        if (offset >= m_size)
            return std::size_t{0};
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), m_size - offset));
        std::size_t done = 0;
        while (done < wanted) {
            MOS_TRY(const std::int64_t count, answer_of("read_at", Code::IO, [&] {
                        return m_read_at(m_owner.get(), offset + done, out.data() + done, wanted - done);
                    }));
            if (count < 0)
                return Error{Code::IO, fmt::format("reading {} failed with {} in the caller's callback",
                                                   base::in_quotes(m_name), count)}
                    .about(m_name)
                    .with_remedy(callback_remedy);
            if (count == 0)
                break;
            if (static_cast<std::uint64_t>(count) > wanted - done)
                return Error{Code::INVALID_ARGUMENT, "the read callback returned more than was asked for"}
                    .about(m_name)
                    .with_remedy(callback_remedy);
            done += static_cast<std::size_t>(count);
        }
        return done;
    }
    [[nodiscard]] Result<std::uint64_t> size() override { return m_size; }
    [[nodiscard]] const std::string &name() const noexcept override { return m_name; }

  private:
    std::uint64_t m_size;
    std::string m_name;
    mos_read_at_callback m_read_at;
    std::shared_ptr<void> m_owner;
};

class SharedSource final : public base::Source {
  public:
    explicit SharedSource(std::shared_ptr<base::Source> source) : m_source(std::move(source)) {}
    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, base::MutableByteView out) override {
        return m_source->read_at(offset, out);
    }
    [[nodiscard]] Result<std::uint64_t> size() override { return m_source->size(); }
    [[nodiscard]] const std::string &name() const noexcept override { return m_source->name(); }

  private:
    std::shared_ptr<base::Source> m_source;
};

}  // namespace

Result<std::unique_ptr<base::Source>> open_callback_source(uint64_t size, const char *name,
                                                           mos_read_at_callback read_at, void *user_data,
                                                           mos_destroy_callback destroy) {
    std::shared_ptr<void> owner{user_data, [destroy](void *data) {
                                    if (destroy != nullptr)
                                        destroy(data);
                                }};
    if (read_at == nullptr)
        return Error{Code::INVALID_ARGUMENT, "the read callback is NULL"};
    return std::make_unique<CallbackSource>(size, name != nullptr ? name : "package", read_at, std::move(owner));
}

std::unique_ptr<base::Source> share(std::shared_ptr<base::Source> source) {
    return std::make_unique<SharedSource>(std::move(source));
}

}  // namespace mos::capi
