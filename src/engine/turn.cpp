#include <mos/engine/turn.hpp>

namespace mos::engine {

Result<Turns::Turn> Turns::take(Holder holder) {
    std::unique_lock lock{m_mutex};
    m_changed.wait(lock, [this] { return m_holder != Holder::call; });
    if (m_holder == Holder::job)
        return Error{Code::LOCKED, "the root is in use by a job of this engine"};
    m_holder = holder;
    return Turn{this};
}

void Turns::GiveBack::operator()(Turns *turns) const noexcept {
    const std::lock_guard lock{turns->m_mutex};
    turns->m_holder = Holder::nobody;
    turns->m_changed.notify_all();  // with the lock held: whoever takes the next turn may free the engine after it
}

}  // namespace mos::engine
