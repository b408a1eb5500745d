import Basics
import Domain
import Glibc
import LinesideTesting
import Store
import Testing

@testable import Site

@Suite("Stack registry") struct StackRegistryTests {
    let directory: TemporaryDirectory
    let stores: Stores
    let registry: StackRegistry
    let shelf: StackShelf

    init() async throws {
        directory = try TemporaryDirectory()
        stores = try await Stores.inMemory()
        shelf = StackShelf(
            directory: "\(directory.path)/stacks",
            unpacker: UnpackProcess(executable: BuiltLineside.executable))
        registry = StackRegistry(shelf: shelf, store: stores.stacks)
        try await registry.prepare()
    }

    var left: [String] { (try? Files.list("\(directory.path)/stacks")) ?? ["unreadable"] }

    func pack(_ version: String = "4.1.3") throws -> String {
        try archive(TarBuilder.nodeRED(version: version).finished, in: directory, gzip: true)
    }

    func uses(_ stack: Stack.ID) async throws {
        _ = try await stores.newInstance("Press", stack: stack)
    }

    @Test("A stack that was added is listed, lies at its path and is in the audit")
    func adds() async throws {
        let stack = try await registry.add(pack(), name: nil, by: .site)
        #expect(stack.name.text == "Node-RED 4.1.3")
        #expect(stack.addedBy == "Lineside")
        #expect(try await registry.list().items == [stack])
        #expect(Files.exists("\(registry.path(of: stack.id))/node_modules/node-red/red.js"))
        #expect(try await registry.missing().isEmpty)
        #expect(try await stores.audit.list().items.contains { $0.event.kind == "stack.created" })
    }

    @Test("The same archive twice is one stack")
    func twice() async throws {
        let path = try pack()
        let first = try await registry.add(path, name: nil, by: .site)
        let second = try await registry.add(path, name: Name(stored: "Other"), by: .site)
        #expect(first == second)
        #expect(left == [first.id.text])
    }

    @Test("A name that is taken is refused and leaves nothing")
    func nameTaken() async throws {
        let first = try await registry.add(pack(), name: Name(stored: "Main"), by: .site)
        let other = try pack("4.0.0")
        let fault = await #expect(throws: StackFault.self) {
            try await registry.add(other, name: Name(stored: "main"), by: .site)
        }
        #expect(fault?.description.contains("choose another name") == true)
        #expect(left == [first.id.text])
    }

    @Test("A stack in use is not removed; one that nobody uses is")
    func removes() async throws {
        let stack = try await registry.add(pack(), name: nil, by: .site)
        let spare = try await registry.add(pack("4.0.0"), name: nil, by: .site)
        try await uses(stack.id)
        let fault = await #expect(throws: StackFault.self) {
            try await registry.remove(stack.id, by: .site)
        }
        #expect(
            fault?.description
                == "Node-RED 4.1.3 is used by instance “Press”: give it another stack first.")
        try await registry.remove(spare.id, by: .site)
        #expect(left == [stack.id.text])
        #expect(try await registry.list().items.map(\.id) == [stack.id])
        await #expect(throws: StackFault.notFound(spare.id)) {
            try await registry.remove(spare.id, by: .site)
        }
    }

    @Test("A kill between rename and row loses no stack")
    func adopted() async throws {
        let stack = try await registry.add(pack(), name: nil, by: .site)
        try await stores.stacks.delete(stack.id, by: .site)
        try await registry.prepare()
        #expect(try await registry.list().items == [stack])
    }

    @Test("A kill in the middle of a removal ends it, or brings it back while its row is there")
    func halfRemoved() async throws {
        let stack = try await registry.add(pack(), name: nil, by: .site)
        try shelf.hide(stack.id)
        try await registry.prepare()
        #expect(try await registry.missing().isEmpty)
        try shelf.hide(stack.id)
        try await stores.stacks.delete(stack.id, by: .site)
        try await registry.prepare()
        #expect(left.isEmpty)
    }

    @Test(
        "A stack that vanished from the disk is known to be missing, and comes back with its archive"
    )
    func vanished() async throws {
        let path = try pack()
        let stack = try await registry.add(path, name: nil, by: .site)
        try Files.removeTree(registry.path(of: stack.id))
        #expect(try await registry.missing().map(\.id) == [stack.id])
        #expect(try await registry.add(path, name: nil, by: .site) == stack)
        #expect(try await registry.missing().isEmpty)
    }
}
