/// What an event loop calls when a descriptor is ready.
protocol EventSource: AnyObject {
    /// - Parameter mask: of epoll; 0 for a source that asked for another turn.
    func handle(_ mask: UInt32)
}

/// Names a registration, never a descriptor: an event that was fetched before its registration
/// ended finds nobody, even if the descriptor's number has been given out again.
struct SlotKey: Hashable {
    let raw: UInt64

    init(raw: UInt64) { self.raw = raw }

    fileprivate init(index: Int, generation: UInt32) {
        raw = UInt64(generation) << 32 | UInt64(UInt32(truncatingIfNeeded: index))
    }

    fileprivate var index: Int { Int(UInt32(truncatingIfNeeded: raw)) }
    fileprivate var generation: UInt32 { UInt32(truncatingIfNeeded: raw >> 32) }
}

/// The registrations of one loop.
struct SlotTable {
    private struct Slot {
        var source: (any EventSource)?
        var generation: UInt32
    }

    private var slots: [Slot] = []
    private var free: [Int] = []

    var count: Int { slots.count - free.count }

    mutating func insert(_ source: any EventSource) -> SlotKey {
        if let index = free.popLast() {
            slots[index].source = source
            return SlotKey(index: index, generation: slots[index].generation)
        }
        slots.append(Slot(source: source, generation: 1))
        return SlotKey(index: slots.count - 1, generation: 1)
    }

    func find(_ key: SlotKey) -> (any EventSource)? {
        guard key.index < slots.count, slots[key.index].generation == key.generation else {
            return nil
        }
        return slots[key.index].source
    }

    /// `false` if it is gone already.
    mutating func remove(_ key: SlotKey) -> Bool {
        guard find(key) != nil else { return false }
        slots[key.index].source = nil
        slots[key.index].generation &+= 1
        free.append(key.index)
        return true
    }
}
