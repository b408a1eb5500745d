import Basics
import Domain
import LinesideTesting
import Store
import Testing

@Suite("Library of a team") struct LibraryStoreTests {
    private static func entry(_ path: String, _ body: String = "x") -> LibraryStore.Entry {
        .init(type: "flows", path: path, meta: Array("{}".utf8), body: Array(body.utf8))
    }

    @Test("Entries are found and listed by folder, a later one takes the place of an earlier one")
    func roundTrip() async throws {
        let factory = try await Factory()
        let library = factory.stores.library
        let team = factory.team.id
        try await library.put(Self.entry("line/one"), in: team, by: .site)
        try await library.put(Self.entry("line/one", "y"), in: team, by: .site)
        try await library.put(Self.entry("top"), in: team, by: .site)
        #expect(try await library.find("line/one", type: "flows", of: team)?.body == [0x79])
        #expect(try await library.find("line/one", type: "functions", of: team) == nil)
        #expect(
            try await library.list(below: "", type: "flows", of: team).map(\.path)
                == ["line/one", "top"])
        #expect(try await library.list(below: "line/", type: "flows", of: team).count == 1)
        let other = try await factory.team("Other")
        #expect(try await library.list(below: "", type: "flows", of: other.id) == [])
    }

    @Test("A folder and an entry never have the same path")
    func inTheWay() async throws {
        let factory = try await Factory()
        let library = factory.stores.library
        let team = factory.team.id
        try await library.put(Self.entry("a/b"), in: team, by: .site)
        await #expect(throws: StoreError.self) {
            try await library.put(Self.entry("a"), in: team, by: .site)
        }
        await #expect(throws: StoreError.self) {
            try await library.put(Self.entry("a/b/c"), in: team, by: .site)
        }
        try await library.put(Self.entry("ab"), in: team, by: .site)
    }

    @Test("A library holds so many bytes and no more; what takes the place of its like may stay")
    func full() async throws {
        let factory = try await Factory()
        let library = factory.stores.library
        let team = factory.team.id
        var large = Self.entry("large")
        large.body = [UInt8](repeating: 0, count: LibraryStore.byteLimit)
        try await library.put(large, in: team, by: .site)
        await #expect(throws: StoreError.conflict("The team's library is full: it holds 64 MB.")) {
            try await library.put(Self.entry("small"), in: team, by: .site)
        }
        try await library.put(large, in: team, by: .site)
        try await library.put(Self.entry("large"), in: team, by: .site)
        try await library.put(Self.entry("small"), in: team, by: .site)
    }
}
