import Basics
package import Domain
import Glibc
package import Processes

/// Runs instances as children of the appliance and as its user: for development, quickstart and
/// tests. They outlive the appliance.
package struct DirectBackend: InstanceBackend {
    private let groups: ControlGroups?
    private let lockPatience: Duration

    /// - Parameters:
    ///   - groups: limits are enforced there; without them only V8's heap has one.
    ///   - lockPatience: 3 s: a process that was killed, also one that an appliance was about to
    ///     start when it was killed itself, holds its lock until the kernel is done with it.
    package init(groups: ControlGroups? = nil, lockPatience: Duration = .seconds(3)) {
        self.groups = groups
        self.lockPatience = lockPatience
    }

    package func start(
        _ plan: StartPlan, prepared: (ProcessIdentity) throws(StartFault) -> Void
    ) throws(InstanceTrouble) -> any InstanceProcess {
        do throws(SystemError) {
            // The child inherits it: held until the last process of the instance has gone.
            guard let lock = try FileLock.take(plan.layout.lock, patience: lockPatience) else {
                throw Self.inUse
            }
            let output = try HostileDirectory(plan.layout.log)
                .open("out.log", O_WRONLY | O_APPEND | O_CREAT)
            try Self.waitForWrites(output)
            let request = SpawnRequest(
                executable: plan.executable, arguments: plan.arguments,
                environment: plan.environment, workingDirectory: plan.layout.user,
                output: output.raw, error: output.raw, inherited: [lock.file.raw],
                limits: ResourceLimits(openFiles: 65_536))
            let child = try ChildProcess.spawn(request) { identity throws(SystemError) in
                try prepared(identity)
                try groups?.place(identity.pid, in: plan.layout.name, Self.limits(plan))
                // 300 of 1000: when memory is out, an instance goes before the appliance.
                let path = "/proc/\(identity.pid)/oom_score_adj"
                if let file = FileDescriptor(owning: open(path, O_WRONLY | O_CLOEXEC)) {
                    try? Files.write(Array("300".utf8), to: file, path)
                }
            }
            return DirectProcess(child: child, groups: groups, name: plan.layout.name)
        } catch {
            throw error == Self.inUse ? .directoryInUse : StartPreparation.trouble(error)
        }
    }

    /// V8's old space is the limit that was set; a third more and 128 MB are what else a Node.js
    /// and an npm beside it need.
    private static func limits(_ plan: StartPlan) -> ControlGroups.Limits {
        ControlGroups.Limits(
            memory: .mebibytes(plan.memoryLimitMB * 4 / 3 + 128),
            processorPercent: plan.cpuLimitPercent)
    }

    private static let inUse = SystemError("lock the instance", code: EWOULDBLOCK)

    /// What prints must not see EAGAIN; the file was opened so that opening could not block.
    private static func waitForWrites(_ file: borrowing FileDescriptor) throws(SystemError) {
        guard fcntl(file.raw, F_SETFL, O_APPEND) == 0 else { throw SystemError("set up out.log") }
    }

    package func adopt(
        _ identity: ProcessIdentity, _ layout: InstanceLayout
    ) -> (any InstanceProcess)? {
        ChildProcess.adopt(identity)
            .map { DirectProcess(child: $0, groups: groups, name: layout.name) }
    }
}

struct DirectProcess: InstanceProcess {
    let child: ChildProcess
    let groups: ControlGroups?
    let name: String

    var identity: ProcessIdentity { child.identity }

    func signal(_ signal: InstanceMachine.Signal) {
        switch signal {
        // Node-RED stops its flows at it; what it started is ended when it has gone.
        case .terminate: child.signal(SIGTERM)
        case .kill:
            child.signalGroup(SIGKILL)
            groups?.kill(name)
        }
    }

    func exit() async -> InstanceExit {
        let status = await child.exit()
        groups?.kill(name)
        groups?.remove(name)
        return switch status {
        case .code(let code): .code(code)
        case .signal(let signal): .signal(signal)
        case .unknown: .unknown
        }
    }

    func usage() -> ProcessUsage? {
        guard identity.isRunning, let status = ProcessStatus(pid: identity.pid) else { return nil }
        let others = ProcessStatus.members(ofSession: identity.pid)
            .filter { $0.pid != identity.pid }
        return ProcessUsage(
            rss: status.residentBytes, processorTime: status.processorTime,
            isInstalling: others.contains { $0.name.hasPrefix("npm") })
    }
}
