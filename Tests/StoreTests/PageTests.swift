import Domain
import LinesideTesting
import Store
import Testing

@Suite("Paging") struct PageTests {
    @Test("Walking by cursor meets every row once, in order")
    func walk() async throws {
        let factory = try await Factory()
        for number in 10..<35 { _ = try await factory.instance("Press \(number)") }
        var names: [String] = []
        var cursor: Cursor?
        repeat {
            let page = try await factory.stores.instances.list(
                .init(), PageRequest(limit: 10, cursor: cursor))
            #expect(page.count == 25)
            names += page.items.map(\.name.text)
            // As it travels through a client.
            cursor = page.next.flatMap { Cursor(text: $0.text) }
        } while cursor != nil
        #expect(names == (10..<35).map { "Press \($0)" })
    }

    @Test("A foreign cursor is refused", arguments: ["", "%%%", "AAAA", "W10", "WzFd", "e30"])
    func foreign(text: String) {
        #expect(Cursor(text: text) == nil)
    }

    @Test("A query means its letters, wild cards included")
    func query() async throws {
        let factory = try await Factory()
        for name in ["100 % press", "Press_1", "Press 1", "Other"] {
            _ = try await factory.instance(name)
        }
        func found(_ query: String) async throws -> [String] {
            try await factory.stores.instances.list(.init(), PageRequest(query: query)).items
                .map(\.name.text)
        }
        #expect(try await found("%") == ["100 % press"])
        #expect(try await found("s_1") == ["Press_1"])
        #expect(try await found("PRESS") == ["100 % press", "Press 1", "Press_1"])
        #expect(try await found("").count == 4)
    }

    @Test("Limits stay within 1 and 200", arguments: [(0, 1), (-5, 1), (50, 50), (10_000, 200)])
    func limits(asked: Int, given: Int) {
        #expect(PageRequest(limit: asked).limit == given)
    }
}
