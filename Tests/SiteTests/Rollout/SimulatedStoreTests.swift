import Basics
import Crypto
import Domain
import LinesideTesting
import Testing

@testable import Site

@Suite("Simulated devices") struct SimulatedStoreTests {
    private func address(_ bytes: [UInt8]) throws -> ContentAddress {
        try #require(ContentAddress(digest: Digest.sha256(bytes)))
    }

    @Test("A chunk is kept only as what it is called, and is checked when it is read")
    func chunks() throws {
        let directory = try TemporaryDirectory()
        let store = SimulatedStore(directory: directory.path)
        let content = Array("flows of a line that is not there".utf8)
        let name = try address(content)
        #expect(try store.receive(VaultFile.encode(content[...]), as: name))
        #expect(store.content(name) == content)
        let other = try address([1])
        #expect(try !store.receive(VaultFile.encode(content[...]), as: other))
        #expect(store.content(other) == nil)
        try Files.replace("\(directory.path)/\(name.hex)", with: [9])
        #expect(store.content(name) == nil)
    }

    @Test("Chunks make a content, or none")
    func joins() throws {
        let directory = try TemporaryDirectory()
        let store = SimulatedStore(directory: directory.path)
        let parts: [[UInt8]] = [Array("one ".utf8), Array("two".utf8)]
        for part in parts {
            #expect(try store.receive(VaultFile.encode(part[...]), as: address(part)))
        }
        let names = try parts.map(address)
        let whole = try address(parts[0] + parts[1])
        #expect(try !store.join([names[1], names[0]], as: whole))
        #expect(try store.join(names, as: whole))
        #expect(store.content(whole) == parts[0] + parts[1])
    }

    @Test("What a device runs and who it is survive a run")
    func kept() throws {
        let directory = try TemporaryDirectory()
        let store = SimulatedStore(directory: directory.path)
        #expect(store.running() == .init())
        let running = SimulatedStore.Running(revision: 4, snapshot: .random(), failed: 3)
        try store.keep(running)
        #expect(store.running() == running)
        let identity = SimulatedIdentity(
            device: .random(), team: .random(), certificate: "c", key: "k", authorities: "a")
        let path = "\(directory.path)/identity.json"
        try identity.save(path)
        #expect(SimulatedIdentity.load(path) == identity)
        try Files.replace(path, with: Array("{".utf8))
        #expect(SimulatedIdentity.load(path) == nil)
    }

    @Test("About so many fail as were asked for, and always the same", arguments: [0, 7, 50, 100])
    func chosen(percent: Int) {
        let settings = SimulationSettings(
            count: 1_000, directory: "/none", host: "127.0.0.1", port: 1, failPercent: percent)
        func chosen() -> [Int] {
            (0..<1_000).filter { settings.isChosen($0, percent: percent, salt: 1) }
        }
        #expect(abs(chosen().count - percent * 10) < 60)
        #expect(chosen() == chosen())
    }

    @Test("No more go through a gate at a time than it has places")
    func gate() async {
        let gate = Gate(2)
        let inside = Inside()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    await gate.enter()
                    await inside.enter()
                    await Task.yield()
                    await inside.leave()
                    gate.leave()
                }
            }
        }
        #expect(await inside.most <= 2)
        #expect(await inside.total == 50)
    }

    private actor Inside {
        private(set) var most = 0
        private(set) var total = 0
        private var now = 0
        func enter() {
            now += 1
            total += 1
            most = max(most, now)
        }
        func leave() { now -= 1 }
    }
}
