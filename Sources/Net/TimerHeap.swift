/// Something that a loop will do later. Confined to its loop.
package final class LoopTimer: @unchecked Sendable {
    package fileprivate(set) var deadline: LoopTime
    /// Where it stands in the heap; -1 once it has fired or was cancelled.
    fileprivate var index = -1
    fileprivate var order: UInt64 = 0
    fileprivate var action: (() -> Void)?

    package var isPending: Bool { index >= 0 }

    init(deadline: LoopTime, action: @escaping () -> Void) {
        self.deadline = deadline
        self.action = action
    }
}

/// Timers by deadline, equal deadlines in the order in which they were set: a binary heap in which
/// each timer knows its place, so that cancelling one costs no search.
struct TimerHeap {
    private var timers: [LoopTimer] = []
    private var nextOrder: UInt64 = 0

    var count: Int { timers.count }
    var earliest: LoopTime? { timers.first?.deadline }

    mutating func insert(_ timer: LoopTimer) {
        timer.order = nextOrder
        nextOrder += 1
        timer.index = timers.count
        timers.append(timer)
        rise(timer.index)
    }

    mutating func remove(_ timer: LoopTimer) {
        let index = timer.index
        guard index >= 0 else { return }
        timer.index = -1
        timer.action = nil
        let last = timers.removeLast()
        guard last !== timer else { return }
        timers[index] = last
        last.index = index
        rise(index)
        sink(last.index)
    }

    /// Takes out the first timer that is due; what it was to do.
    mutating func popDue(_ now: LoopTime) -> (() -> Void)? {
        guard let first = timers.first, first.deadline <= now else { return nil }
        let action = first.action
        remove(first)
        return action
    }

    private func precedes(_ left: LoopTimer, _ right: LoopTimer) -> Bool {
        left.deadline == right.deadline
            ? left.order < right.order : left.deadline < right.deadline
    }

    private mutating func exchange(_ left: Int, _ right: Int) {
        timers.swapAt(left, right)
        timers[left].index = left
        timers[right].index = right
    }

    private mutating func rise(_ start: Int) {
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard precedes(timers[index], timers[parent]) else { return }
            exchange(index, parent)
            index = parent
        }
    }

    private mutating func sink(_ start: Int) {
        var index = start
        while true {
            var first = index
            for child in [2 * index + 1, 2 * index + 2] where child < timers.count {
                if precedes(timers[child], timers[first]) { first = child }
            }
            guard first != index else { return }
            exchange(index, first)
            index = first
        }
    }
}
