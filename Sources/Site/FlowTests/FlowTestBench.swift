import Basics
import Domain
import Glibc
package import Processes

/// Sets up, starts and clears away throw-away Node-REDs. Its own thread: it writes files and forks.
package actor FlowTestBench {
    /// Of any one file that a flow under test writes, its output included.
    private static let largestFile = ByteCount.mebibytes(256)
    private static let largestResult = ByteCount.mebibytes(4)
    /// Free space below which no test is run.
    private static let neededSpace: UInt64 = 512 << 20

    let state: String
    private let preparation: StartPreparation
    private let groups: ControlGroups?
    private let executor = BlockingExecutor(label: "flow-tests")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// - Parameter groups: limits are enforced there; without them only V8's heap has one.
    package init(state: String, preparation: StartPreparation, groups: ControlGroups? = nil) {
        self.state = state
        self.preparation = preparation
        self.groups = groups
    }

    /// Ends and removes what an appliance left behind that was killed in the middle of tests.
    package func clear() {
        let parent = FlowTestPlace.parent(state)
        Self.endAll(below: parent)
        try? Files.removeTree(parent)
    }

    /// Everything for the first start of a job.
    func prepare(_ job: FlowTestJob) throws(SystemError) -> FlowTestPlace {
        let place = FlowTestPlace(state: state, job.run, number: job.number)
        try Files.removeTree(place.root)
        try place.makeDirectories()
        guard preparation.freeSpace(place.root) >= Self.neededSpace else {
            throw SystemError("run a test", code: ENOSPC)
        }
        try Files.replace("\(place.user)/flows.json", with: job.flows)
        try Files.replace("\(place.test)/case.json", with: job.test.definition.json)
        try Files.replace(place.startFile, with: startFile(job, place, preparation))
        if let modules = modules(of: job) {
            guard symlink(modules, "\(place.user)/node_modules") == 0 else {
                throw SystemError("link node_modules")
            }
        }
        return place
    }

    /// Node packages of the instance, read and never written; `nil` where it has none.
    private func modules(of job: FlowTestJob) -> String? {
        let path = "\(InstanceLayout(state: state, job.definition.id).user)/node_modules"
        var information = stat()
        // A link would open to the test whatever it leads to.
        guard lstat(path, &information) == 0, information.st_mode & S_IFMT == S_IFDIR else {
            return nil
        }
        return path
    }

    func launch(
        _ job: FlowTestJob, in place: FlowTestPlace
    ) throws(InstanceTrouble) -> ChildProcess {
        let (node, script) = try preparation.program(job.definition.program)
        do throws(SystemError) {
            let output = try HostileDirectory(place.log)
                .open("out.log", O_WRONLY | O_APPEND | O_CREAT)
            guard fcntl(output.raw, F_SETFL, O_APPEND) == 0 else {
                throw SystemError("set up out.log")
            }
            let memory = job.definition.settings.memoryLimitMB
            let request = SpawnRequest(
                executable: node,
                arguments: [
                    "--max-old-space-size=\(memory)", script, "--settings",
                    preparation.runtime.settings, "--userDir", place.user,
                ],
                environment: environment(job, place, node), workingDirectory: place.user,
                output: output.raw, error: output.raw,
                limits: ResourceLimits(openFiles: 4096, fileSize: Self.largestFile),
                fence: fence(
                    place, runtime: preparation.runtime, modules: modules(of: job), node: node,
                    script: script))
            return try ChildProcess.spawn(request) { identity throws(SystemError) in
                try groups?.place(
                    identity.pid, in: place.name,
                    ControlGroups.Limits(
                        memory: .mebibytes(memory * 4 / 3 + 128),
                        processorPercent: job.definition.settings.cpuLimitPercent, tasks: 256))
                // 800 of 1000: when memory is out, a test goes before any instance.
                let path = "/proc/\(identity.pid)/oom_score_adj"
                if let file = FileDescriptor(owning: open(path, O_WRONLY | O_CLOEXEC)) {
                    try? Files.write(Array("800".utf8), to: file, path)
                }
            }
        } catch { throw StartPreparation.trouble(error) }
    }

    /// What the runner wrote, and why it ended itself if it did.
    func result(in place: FlowTestPlace) -> (object: JSONObject?, stuck: String?) {
        guard let directory = try? HostileDirectory(place.test) else { return (nil, nil) }
        let bytes = try? directory.read("result.json", limit: Self.largestResult)
        let object = bytes.flatMap { bytes in
            try? JSONReader.read(bytes, limit: bytes.count, values: 100_000).object
        }
        let stuck = try? directory.read("stuck", limit: .kibibytes(4))
        return (object, stuck.map { String(decoding: $0, as: UTF8.self) })
    }

    /// The last lines that were no records of ours: why a Node-RED could not start.
    func lastLines(in place: FlowTestPlace) -> [String] {
        guard let log = try? HostileDirectory(place.log),
            let file = try? log.open("out.log"),
            lseek(file.raw, -4096, SEEK_END) >= 0 || lseek(file.raw, 0, SEEK_SET) == 0,
            let bytes = try? Files.read(file, "out.log", limit: .kibibytes(64))
        else { return [] }
        return bytes.split(separator: UInt8(ascii: "\n")).suffix(8)
            .map { String(decoding: $0, as: UTF8.self) }.filter { !$0.hasPrefix("{\"t\":") }
    }

    /// Nothing of it runs and nothing of it lies around afterwards.
    func remove(_ place: FlowTestPlace) {
        groups?.kill(place.name)
        Self.endAll(below: place.root)
        groups?.remove(place.name)
        try? Files.removeTree(place.root)
    }

    /// Each process that was started with its settings below a folder, whatever session it made
    /// for itself. Until there is none: they may fork meanwhile.
    private static func endAll(below folder: String) {
        let mark = Array("LINESIDE_SETTINGS=\(folder)/".utf8)
        for _ in 0..<50 {
            let found = ((try? Files.list("/proc")) ?? []).compactMap { Int32($0) }.filter { pid in
                let environment = try? Files.read("/proc/\(pid)/environ", limit: .mebibytes(4))
                return environment?.split(separator: 0).contains { $0.starts(with: mark) } ?? false
            }
            guard !found.isEmpty else { return }
            for pid in found where pid != getpid() { kill(pid, SIGKILL) }
        }
    }
}
