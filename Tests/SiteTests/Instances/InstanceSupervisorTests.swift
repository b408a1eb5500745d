import Basics
import Domain
import Glibc
import LinesideTesting
import Processes
import Site
import Synchronization
import Testing

@Suite("Instance supervisor", .timeLimit(.minutes(10))) struct InstanceSupervisorTests {
    /// Started, listening, flows running.
    private func running() async throws -> (SupervisedInstance, InstanceSupervisor, ScriptedProcess)
    {
        let instance = try SupervisedInstance()
        let supervisor = try instance.scriptedSupervisor()
        await supervisor.resume()
        await supervisor.start()
        let process = try await instance.scripted.started.first("a process") { _ in true }
        try process.event("listening", #","port":1"#)
        try process.event("flows:started")
        try await instance.state(.running)
        return (instance, supervisor, process)
    }

    @Test("An instance is running when its flows are, and not before")
    func readiness() async throws {
        let (instance, supervisor, process) = try await running()
        let states = instance.statuses.all.map(\.state)
        #expect(states.dropLast().allSatisfy { $0 == .starting } && states.last == .running)
        let last = try #require(instance.statuses.all.last)
        #expect(last.pid == process.identity.pid && last.port == process.plan?.port)
        try await instance.catalog.remembered.first("its port, kept") { $0 == last.port }
        await supervisor.letGo()
    }

    @Test(
        "Its port is told only while it listens there itself: others may take it before and after")
    func ownPort() async throws {
        let instance = try SupervisedInstance()
        let supervisor = try instance.scriptedSupervisor()
        await supervisor.start()
        let process = try await instance.scripted.started.first("a process") { _ in true }
        try await instance.statuses.first("its pid") { $0.pid != nil }
        #expect(instance.statuses.all.allSatisfy { $0.port == nil })
        try process.event("listening")
        try await instance.statuses.first("its port") { $0.port == process.plan?.port }
        await supervisor.stop()
        let ending = try await instance.state(.stopping)
        #expect(ending.pid != nil && ending.port == nil)
        process.end(.code(0))
        try await instance.state(.stopped)
        await supervisor.letGo()
    }

    @Test("An event with a foreign nonce is a line of text and changes nothing")
    func foreignNonce() async throws {
        let instance = try SupervisedInstance()
        let supervisor = try instance.scriptedSupervisor()
        await supervisor.start()
        let process = try await instance.scripted.started.first("a process") { _ in true }
        try process.say(#"{"t":1,"event":"flows:started","nonce":"guess"}"#)
        try await instance.journal.records.first("the line") { $0.text.contains("guess") }
        #expect(instance.statuses.all.last?.state == .starting)
        await supervisor.letGo()
    }

    @Test("Stopping asks first, and kills the group when the grace is over")
    func stops() async throws {
        let (instance, supervisor, process) = try await running()
        await supervisor.stop()
        try await process.signals.first("SIGTERM") { $0 == .terminate }
        try await instance.clock.end(.seconds(20))
        try await process.signals.first("SIGKILL") { $0 == .kill }
        process.end(.signal(SIGKILL))
        let status = try await instance.state(.stopped)
        #expect(status.pid == nil && status.port == nil)
        #expect(!Files.exists(instance.layout.processFile))
    }

    @Test("Three probes without an answer kill it, and it is started again after a pause")
    func hang() async throws {
        let (instance, supervisor, process) = try await running()
        instance.probe.answers.withLock { $0 = false }
        for round in 1...3 {
            try await instance.clock.end(.seconds(5), round)
            try await instance.probe.asked.first("probe \(round)", after: round - 1) { _ in true }
        }
        try await process.signals.first("SIGKILL") { $0 == .kill }
        try await instance.alarms.open([.instanceUnresponsive])
        process.end(.signal(SIGKILL))
        let status = try await instance.state(.backingOff)
        #expect(status.detail?.contains("endless loop") == true)
        try await instance.clock.endPause(1)
        try await instance.scripted.started.first("another process", after: 1) { _ in true }
        await supervisor.letGo()
    }

    @Test("A palette install that keeps it busy is not taken for a hang")
    func install() async throws {
        let (instance, supervisor, process) = try await running()
        instance.probe.answers.withLock { $0 = false }
        process.installing.withLock { $0 = true }
        for round in 1...6 {
            try await instance.clock.end(.seconds(5), round)
            try await instance.probe.asked.first("probe \(round)", after: round - 1) { _ in true }
        }
        // The seventh begins only after the answer to the sixth was judged.
        try await instance.clock.end(.seconds(5), 7)
        #expect(process.signals.all.isEmpty)
        #expect(instance.statuses.all.last?.state == .running)
        await supervisor.letGo()
    }

    @Test("A crash loop ends in safe mode with one alarm that says what to do")
    func crashLoop() async throws {
        let instance = try SupervisedInstance()
        let supervisor = try instance.scriptedSupervisor()
        await supervisor.start()
        for round in 0..<5 {
            let process = try await instance.scripted.started.first(
                "process \(round)", after: round
            ) { _ in true }
            #expect(process.plan?.isSafe == false)
            try process.event("flows:started")
            let told = instance.statuses.all.count
            process.end(.code(1))
            guard round < 4 else { break }
            try await instance.state(.backingOff, after: told)
            try await instance.clock.endPause(round + 1)
        }
        let safe = try await instance.scripted.started.first("safe mode", after: 5) { _ in true }
        #expect(safe.plan?.arguments.last == "--safe")
        try safe.event("listening")
        try safe.event("safe-mode")
        let status = try await instance.state(.safe)
        #expect(status.isSafe && status.detail?.contains("Open the editor") == true)
        #expect(instance.alarms.changes.all.count == 1)
        #expect(instance.alarms.open == [.instanceSafeMode])
        await supervisor.letGo()
    }

    @Test("A stack that vanished is said, not tried again")
    func stackVanished() async throws {
        let instance = try SupervisedInstance(program: .stack(path: "/nonexistent"))
        let supervisor = try instance.scriptedSupervisor()
        await supervisor.start()
        let status = try await instance.state(.crashed)
        #expect(status.detail?.contains("Choose another stack") == true)
        #expect(instance.alarms.open == [.instanceStack])
        #expect(instance.scripted.started.all.isEmpty)
    }

    @Test("A full disk is waited for, and the instance starts when there is room")
    func fullDisk() async throws {
        let instance = try SupervisedInstance()
        instance.space.withLock { $0 = 1 << 20 }
        let supervisor = try instance.scriptedSupervisor()
        await supervisor.start()
        let status = try await instance.state(.backingOff)
        #expect(status.detail?.contains("disk is full") == true)
        #expect(instance.alarms.open == [.siteDisk])
        instance.space.withLock { $0 = .max }
        try await instance.clock.endPause(1)
        let process = try await instance.scripted.started.first("a process") { _ in true }
        try process.event("listening")
        try process.event("flows:started")
        try await instance.state(.running)
        #expect(instance.alarms.open.isEmpty)
        await supervisor.letGo()
    }

    @Test("flows.json as a link to a key stops the start, and the key is not touched")
    func hostileFlows() async throws {
        let instance = try SupervisedInstance()
        try instance.layout.makeDirectories()
        let key = "\(instance.directory.path)/site.key"
        try Files.replace(key, with: Array("secret".utf8))
        symlink(key, "\(instance.layout.user)/flows.json")
        let supervisor = try instance.scriptedSupervisor()
        await supervisor.start()
        let status = try await instance.state(.crashed)
        #expect(status.detail == InstanceTrouble.flowsUnreadable.sentence)
        #expect(try Files.read(key) == Array("secret".utf8))
    }

    @Test("A process that ended while nobody looked leaves its last lines and nothing else")
    func endedUnseen() async throws {
        let (instance, supervisor, process) = try await running()
        await supervisor.letGo()
        try process.say("last words")
        let next = try instance.scriptedSupervisor()
        await next.resume()
        #expect(instance.journal.texts.suffix(1) == ["last words"])
        #expect(!Files.exists(instance.layout.processFile))
        #expect(instance.statuses.all.last?.state == .running)
    }

    @Test("An adopted process goes on where it was, without a gap or a repetition in its log")
    func adoption() async throws {
        let (instance, supervisor, process) = try await running()
        try process.say("one")
        try await instance.journal.records.first("one") { $0.text == "one" }
        await supervisor.letGo()
        try process.say("two")
        instance.scripted.adoptable.withLock { $0 = process }
        let told = instance.statuses.all.count
        let next = try instance.scriptedSupervisor()
        await next.resume()
        try process.say("three")
        try await instance.journal.records.first("three") { $0.text == "three" }
        #expect(instance.journal.texts == ["up", "one", "two", "three"])
        let status = try await instance.state(.running, after: told)
        #expect(status.pid == process.identity.pid)
        await next.letGo()
    }

    @Test("A log that cannot be kept for a while loses no event and no record")
    func fullLog() async throws {
        let instance = try SupervisedInstance()
        instance.journal.isFull.withLock { $0 = true }
        let supervisor = try instance.scriptedSupervisor()
        await supervisor.start()
        let process = try await instance.scripted.started.first("a process") { _ in true }
        try process.event("listening")
        try process.event("flows:started")
        try process.say("while full")
        try await instance.state(.running)
        instance.journal.isFull.withLock { $0 = false }
        try process.say("room again")
        try await instance.journal.records.first("both") { $0.text == "room again" }
        #expect(instance.journal.texts == ["up", "while full", "room again"])
        await supervisor.letGo()
    }

    @Test("A deploy in the spool becomes a version; one that cannot be kept stays and is retried")
    func spool() async throws {
        let (instance, supervisor, process) = try await running()
        let name = "1700000000000-0123456789abcdef"
        let entry = #"""
            {"format":1,"id":"\#(name)","at":1,"user":"ada","flows":"[]","credentials":null}
            """#
        instance.deploys.isFull.withLock { $0 = true }
        let path = "\(instance.layout.spool)/\(name).json"
        try Files.replace(path, with: Array(entry.utf8))
        try process.event("deploy", #","id":"\#(name)""#)
        try await instance.alarms.changes.first("the alarm") {
            if case .raised(.instanceSpool, _) = $0 { true } else { false }
        }
        #expect(Files.exists(path))
        instance.deploys.isFull.withLock { $0 = false }
        try await instance.clock.end(.seconds(30))
        let kept = try await instance.deploys.kept.first("the deploy") { _ in true }
        #expect(kept.id == name && kept.user == "ada" && kept.flows == Array("[]".utf8))
        try await instance.alarms.changes.first("its end") { $0 == .cleared(.instanceSpool) }
        #expect(!Files.exists(path))
        await supervisor.letGo()
    }

    @Test("A flood is one alarm, and over after a minute without one")
    func flood() async throws {
        let (instance, supervisor, process) = try await running()
        for count in 1...3 { try process.event("dropped", #","count":\#(count)"#) }
        // All three: one that is heard after the minute would begin another flood.
        try await instance.journal.records.first("the last") { $0.text.hasPrefix("3 records") }
        #expect(instance.alarms.open == [.instanceLogFlood])
        #expect(instance.alarms.changes.all.count == 1)
        instance.clock.advance(.seconds(61))
        try process.event("resources", #","rss":1"#)
        try await instance.alarms.changes.first("its end") { $0 == .cleared(.instanceLogFlood) }
        await supervisor.letGo()
    }

    @Test("Samples come from what the process says, with the processor time between two of them")
    func resources() async throws {
        let (instance, supervisor, process) = try await running()
        let numbers = #","rss":1000,"heapUsed":500,"cpuSystem":0,"lagMaxMs":3,"#
        try process.say(resources(process, 1000, numbers + #""cpuUser":1000000"#))
        try process.say(resources(process, 11_000, numbers + #""cpuUser":2000000"#))
        let sample = try await instance.journal.samples.first("a sample") { _ in true }
        #expect(sample.rss == 1000 && sample.cpuPercent == 10 && sample.lagMilliseconds == 3)
        await supervisor.letGo()
    }

    private func resources(_ process: ScriptedProcess, _ time: Int, _ fields: String) -> String {
        #"{"t":\#(time),"event":"resources","nonce":"\#(process.plan?.nonce ?? "")"\#(fields)}"#
    }
}
