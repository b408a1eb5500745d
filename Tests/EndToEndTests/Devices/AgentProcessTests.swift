import Basics
import Domain
import Glibc
import LinesideTesting
import Processes
import Testing

@testable import Site

@Suite("lineside agent", .serialized, .timeLimit(.minutes(30)))
struct AgentProcessTests {
    @Test("connects, runs what it is given, tells how it is, and answers the technician")
    func life() async throws {
        let device = try AgentUnderTest()
        let appliance = try await FakeAppliance(device.directory.path)
        try appliance.enrol(
            device.paths, servers: [AgentServer(host: "127.0.0.1", port: 1)])
        let program = try await device.start()
        _ = try await eventually("the first status") { appliance.status }
        let document = try await appliance.document(
            1, AgentUnderTest.flows("one"), port: device.port)
        appliance.desire(document)
        let status = try await eventually("revision 1 to run") { () -> AgentStatus? in
            guard let status = appliance.status, status.revision == 1, status.state == .running,
                status.transaction.phase == .idle
            else { return nil }
            return status
        }
        #expect(status.snapshot == document.snapshot?.id)
        #expect(await device.page(appliance.device) == "one")
        #expect(appliance.replies.first?.refusal == nil)

        let question = appliance.send(.capture)
        let reply = try await eventually("what runs there") {
            appliance.replies.first { $0.id == question }
        }
        let flows = VaultFile.decode(reply.capture?.flows ?? [], limit: 1 << 20)
        #expect(flows == Array(AgentUnderTest.flows("one").utf8))

        appliance.send(.watch(seconds: 60))
        _ = try await eventually("the log") { appliance.records.isEmpty ? nil : true }

        // Unoptimised, while Node-RED runs beside it: released it takes a third less.
        let memory = try #require(ProcessStatus(pid: program.pid)).residentBytes
        #expect(memory < 40 << 20, "\(memory) bytes")

        appliance.cut()
        _ = try await eventually("another connection, shorter than the first") {
            appliance.resumed > 0 ? true : nil
        }

        let shown = try ProgramUnderTest(
            BuiltLineside.executable, ["agent", "status", "--state", device.paths.root],
            errors: device.logFile)
        var lines: [String] = []
        for await line in shown.lines { lines.append(line) }
        #expect(lines.contains { $0.hasPrefix("Snapshot") && $0.hasSuffix("v1") })
        #expect(lines.contains { $0.hasPrefix("Node-RED") && $0.hasSuffix("running") })

        program.signal(SIGTERM)
        #expect(await program.exitStatus() == 0)
        // Node-RED needs no agent, and the next agent no appliance.
        #expect(await device.page(appliance.device) == "one")
        await appliance.stop()
        let alone = try await device.start()
        #expect(await device.page(appliance.device) == "one")
        alone.signal(SIGTERM)
        #expect(await alone.exitStatus() == 0)
    }

    @Test("killed at any moment of an update, it runs the former snapshot or the new one")
    func kills() async throws {
        let rounds = getenv("LINESIDE_LONG") == nil ? 10 : 200
        let device = try AgentUnderTest()
        let appliance = try await FakeAppliance(device.directory.path)
        try appliance.enrol(device.paths)
        appliance.desire(
            try await appliance.document(1, AgentUnderTest.flows("v1"), port: device.port))
        var program = try await device.start()
        _ = try await eventually("version 1") {
            await device.page(appliance.device) == "v1" ? true : nil
        }
        var known: Int64 = 1
        var revision: Int64 = 1
        for _ in 0..<rounds {
            revision += 1
            // The device may have got further than the round before saw.
            appliance.desire(
                try await appliance.document(
                    revision, AgentUnderTest.flows("v\(revision)"), port: device.port))
            // The moment of the kill; whatever the update has come to by then is right.
            try await Task.sleep(for: .milliseconds(.random(in: 0...900)))
            program.signal(SIGKILL)
            _ = await program.exitStatus()
            program = try await device.start()
            let page = try await eventually("a page of one of the versions") {
                await device.page(appliance.device)
            }
            let number = try #require(Int64(page.dropFirst()))
            #expect((known...revision).contains(number), "v\(number) of \(known)…\(revision)")
            known = number
        }
        let last = revision
        _ = try await eventually("the last version at last") {
            await device.page(appliance.device) == "v\(last)" ? true : nil
        }
        _ = try await eventually("the end of the last update") {
            guard let status = appliance.status else { return nil as Bool? }
            return status.revision == last && status.transaction.phase == .idle ? true : nil
        }
        program.signal(SIGTERM)
        #expect(await program.exitStatus() == 0)
        await appliance.stop()
    }

    @Test("an order that was held up on its way is refused, and sets no clock back")
    func late() async throws {
        let device = try AgentUnderTest()
        let appliance = try await FakeAppliance(device.directory.path)
        try appliance.enrol(device.paths)
        appliance.desire(
            try await appliance.document(1, AgentUnderTest.flows("one"), port: device.port))
        let program = try await device.start()
        _ = try await eventually("revision 1 to run") { () -> Bool? in
            guard let status = appliance.status, status.revision == 1, status.state == .running,
                status.transaction.phase == .idle
            else { return nil }
            return true
        }
        let seen = appliance.statuses.count
        let now = Timestamp.now()
        for order in [AgentCommand.Order.restart, .stop] {
            // Twice: the first must not make the second look fresh.
            for _ in 0..<2 {
                let id = appliance.send(
                    order, at: now - .seconds(100), until: now - .seconds(90))
                let reply = try await eventually("the refusal") {
                    appliance.replies.first { $0.id == id }
                }
                #expect(reply.refusal?.code == "late")
            }
        }
        let fresh = appliance.send(.identify, at: .now(), until: .now() + .seconds(600))
        _ = try await eventually("an answer") { appliance.replies.first { $0.id == fresh } }
        #expect(appliance.statuses.dropFirst(seen).allSatisfy { $0.state == .running })
        #expect(await device.page(appliance.device) == "one")
        program.signal(SIGTERM)
        _ = await program.exitStatus()
        await appliance.stop()
    }

    @Test("a certificate of another site connects nowhere, and what ran runs on")
    func foreign() async throws {
        let device = try AgentUnderTest()
        let appliance = try await FakeAppliance(device.directory.path)
        let other = try await FakeAppliance("\(device.directory.path)/other")
        try appliance.enrol(device.paths)
        appliance.desire(
            try await appliance.document(1, AgentUnderTest.flows("one"), port: device.port))
        var program = try await device.start()
        _ = try await eventually("version 1") {
            await device.page(appliance.device) == "one" ? true : nil
        }
        program.signal(SIGTERM)
        _ = await program.exitStatus()
        let identity = try AgentIdentityFile(device.paths).load()
        var moved = identity.identity
        moved.servers = [AgentServer(host: "127.0.0.1", port: UInt16(other.port))]
        try AgentIdentityFile(device.paths).save(moved, key: identity.key)
        program = try await device.start()
        _ = try await eventually("the refusal in the log") {
            device.log.contains("out of reach") ? true : nil
        }
        #expect(other.statuses.isEmpty)
        for words in [["--json"], []] {
            let status = try ProgramUnderTest(
                BuiltLineside.executable,
                ["agent", "status", "--state", device.paths.root] + words,
                errors: "\(device.directory.path)/status.log")
            var said = ""
            for await line in status.lines { said += line }
            #expect(await status.exitStatus() == 0)
            #expect(said.contains("Another site answers at https://127.0.0.1:\(other.port)"))
        }
        #expect(await device.page(appliance.device) == "one")
        program.signal(SIGTERM)
        _ = await program.exitStatus()
        // Torn on the disk, twice over: said, and what ran runs on.
        var torn = JSONWriter()
        moved.write(to: &torn)
        try SealedFile(path: device.paths.identity).write(torn.bytes)
        try Files.replace("\(device.paths.key)", with: [1, 2, 3])
        program = try await device.start()
        _ = try await eventually("the page") { await device.page(appliance.device) }
        program.signal(SIGTERM)
        _ = await program.exitStatus()
        await appliance.stop()
        await other.stop()
    }
}
