import Net

/// A deadline that moves far more often than it passes: its timer fires early and looks again,
/// which is cheaper than setting it anew each time. Confined to its loop.
final class MovingDeadline {
    private let loop: EventLoop
    private var deadline: LoopTime?
    /// Holds what `action` holds until it is cancelled.
    private var timer: LoopTimer?
    private var action: (() -> Void)?

    init(_ loop: EventLoop) { self.loop = loop }

    func set(after delay: Duration, _ action: @escaping () -> Void) {
        let deadline = loop.now + delay
        self.deadline = deadline
        self.action = action
        if let timer, timer.isPending {
            if timer.deadline <= deadline { return }
            loop.cancel(timer)
        }
        timer = loop.schedule(after: delay) { [self] in fired() }
    }

    /// Nothing will happen; the timer may still be there.
    func clear() {
        deadline = nil
        action = nil
    }

    func cancel() {
        clear()
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    private func fired() {
        guard let deadline, let action else { return }
        let left = deadline - loop.now
        if left > .zero { return set(after: left, action) }
        clear()
        action()
    }
}
