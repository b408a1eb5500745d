import Testing

@testable import Net

private final class Source: EventSource {
    func handle(_ mask: UInt32) {}
}

@Suite("Slot table") struct SlotTableTests {
    @Test("A key outlives its registration and finds nobody, though the slot is taken again")
    func generations() {
        var table = SlotTable()
        let (old, new) = (Source(), Source())
        let first = table.insert(old)
        #expect(table.find(first) === old)
        let wasThere = table.remove(first)
        #expect(wasThere)
        let second = table.insert(new)
        #expect(first != second)
        #expect(UInt32(truncatingIfNeeded: first.raw) == UInt32(truncatingIfNeeded: second.raw))
        #expect(table.find(first) == nil)
        #expect(table.find(second) === new)
        let isThere = table.remove(first)
        #expect(!isThere)
        #expect(table.count == 1)
    }
}
