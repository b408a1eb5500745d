import Basics
import Domain
import Glibc
import LinesideTesting
import Site
import Synchronization
import Testing

/// The spool through a supervisor: hostile entries, order, a restart in between.
@Suite("Spool", .timeLimit(.minutes(10))) struct SpoolTests {
    private func id(_ number: Int) -> String { "170000000000\(number)-0123456789abcdef" }

    private func entry(_ number: Int) -> [UInt8] {
        Array(
            #"{"format":1,"id":"\#(id(number))","at":\#(number),"user":"ada","flows":"[]"}"#.utf8)
    }

    private func spooled(_ numbers: [Int]) throws -> SupervisedInstance {
        let instance = try SupervisedInstance()
        try instance.layout.makeDirectories()
        for number in numbers {
            let path = "\(instance.layout.spool)/\(id(number)).json"
            try Files.replace(path, with: entry(number))
        }
        return instance
    }

    @Test("Deploys are kept oldest first, also when the instance does not run")
    func order() async throws {
        let instance = try spooled([3, 1, 2])
        let supervisor = try instance.scriptedSupervisor()
        await supervisor.resume()
        #expect(instance.deploys.kept.all.map(\.id) == [id(1), id(2), id(3)])
        #expect(try Files.list(instance.layout.spool).isEmpty)
    }

    @Test("An entry that is a link to a key, a pipe or rubbish stays, alarms, and stops no other")
    func hostile() async throws {
        let instance = try spooled([5])
        let spool = instance.layout.spool
        let key = "\(instance.directory.path)/key"
        try Files.replace(key, with: entry(1))
        symlink(key, "\(spool)/\(id(1)).json")
        mkfifo("\(spool)/\(id(2)).json", 0o600)
        try Files.replace("\(spool)/\(id(3)).json", with: Array("{".utf8))
        try Files.makeDirectory("\(spool)/\(id(4)).json")
        let supervisor = try instance.scriptedSupervisor()
        await supervisor.resume()
        #expect(instance.deploys.kept.all.map(\.id) == [id(5)])
        #expect(instance.alarms.open == [.instanceSpool])
        #expect(try Files.list(spool).count == 4)
        #expect(Files.exists(key))
        await supervisor.letGo()
    }

    @Test("What writes to the log without pause after the end of the instance holds nobody up")
    func endlessOutput() async throws {
        let instance = try SupervisedInstance()
        try instance.layout.makeDirectories()
        let path = "\(instance.layout.log)/out.log"
        try Files.replace(path, with: Array("last words\n".utf8))
        // Bounded, so that the test fails rather than stands.
        let left = Mutex(2000)
        instance.journal.whenAppending.withLock { hook in
            hook = {
                let isOver = left.withLock { left in
                    left -= 1
                    return left < 0
                }
                let file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
                guard !isOver, file >= 0 else { return }
                _ = write(file, "flood\n", 6)
                close(file)
            }
        }
        let supervisor = try instance.scriptedSupervisor()
        await supervisor.resume()
        #expect(instance.journal.texts.contains { $0.contains("last words") })
        #expect(left.withLock { $0 } > 1900)
        await supervisor.letGo()
    }

    @Test("The alarm is over once somebody has taken the rubbish away")
    func tidied() async throws {
        let instance = try spooled([])
        let rubbish = "\(instance.layout.spool)/\(id(3)).json"
        try Files.replace(rubbish, with: Array("{".utf8))
        let supervisor = try instance.scriptedSupervisor()
        await supervisor.resume()
        #expect(instance.alarms.open == [.instanceSpool])
        unlink(rubbish)
        await supervisor.drainSpool()
        #expect(instance.alarms.open.isEmpty)
        await supervisor.letGo()
    }

    @Test("What cannot be kept yet waits in its order")
    func full() async throws {
        let instance = try spooled([1, 2])
        instance.deploys.isFull.withLock { $0 = true }
        let supervisor = try instance.scriptedSupervisor()
        await supervisor.resume()
        #expect(try Files.list(instance.layout.spool).count == 2)
        instance.deploys.isFull.withLock { $0 = false }
        await supervisor.drainSpool()
        #expect(instance.deploys.kept.all.map(\.id) == [id(1), id(2)])
        #expect(instance.alarms.open.isEmpty)
        await supervisor.letGo()
    }

    @Test("An alarm of an earlier appliance is over once the spool is empty, and not before")
    func oldAlarm() async throws {
        let instance = try spooled([1])
        instance.deploys.isFull.withLock { $0 = true }
        let supervisor = try instance.scriptedSupervisor(raised: [.instanceSpool])
        await supervisor.resume()
        await supervisor.start()
        let process = try await instance.scripted.started.first("a process") { _ in true }
        try process.event("listening")
        try process.event("flows:started")
        try await instance.state(.running)
        #expect(!instance.alarms.changes.all.contains(.cleared(.instanceSpool)))
        instance.deploys.isFull.withLock { $0 = false }
        await supervisor.drainSpool()
        #expect(instance.alarms.changes.all.last == .cleared(.instanceSpool))
        await supervisor.letGo()
    }

    @Test("Flows are not laid down beside a deploy that waits: it would undo them")
    func install() throws {
        let instance = try spooled([1])
        let fault = #expect(throws: SystemError.self) {
            try InstanceFiles(instance.layout).install(flows: Array("[]".utf8), credentials: nil)
        }
        #expect(fault?.code == EBUSY)
    }

    @Test("Modules are those that the instance asks for and that are there")
    func modules() throws {
        let instance = try SupervisedInstance()
        try instance.layout.makeDirectories()
        let user = instance.layout.user
        let wanted = #"{"dependencies":{"b":"~1","@a/x":"1","gone":"1","../up":"1",".bin":"1"}}"#
        try Files.replace("\(user)/package.json", with: Array(wanted.utf8))
        for (name, version) in [("b", "1.2.3"), ("@a/x", "2.0.0")] {
            try Files.makeDirectory("\(user)/node_modules/\(name)")
            try Files.replace(
                "\(user)/node_modules/\(name)/package.json",
                with: Array(#"{"name":"\#(name)","version":"\#(version)"}"#.utf8))
        }
        #expect(
            InstanceFiles(instance.layout).modules() == [
                NodeModule(name: "@a/x", version: "2.0.0"), NodeModule(name: "b", version: "1.2.3"),
            ])
    }
}
