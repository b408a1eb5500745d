import Basics
package import Domain
import Glibc
package import Processes

/// Runs each instance in a unit of its own, `lineside-instance@ID.service`: under a user of its own,
/// seeing its own directory only, with limits that the kernel holds it to. What the .deb uses.
package struct SystemdBackend: InstanceBackend {
    private let link: UnitLink

    package init(link: UnitLink = UnitLink()) { self.link = link }

    package func start(
        _ plan: StartPlan, prepared: (ProcessIdentity) throws(StartFault) -> Void
    ) throws(InstanceTrouble) -> any InstanceProcess {
        guard let id = Instance.ID(plan.layout.name) else {
            throw .cannotStart("\(plan.layout.name) is no id of an instance.")
        }
        let root = plan.layout.root
        defer { unlink(LaunchFile.path(root)) }
        do throws(SystemError) {
            try Self.admit(plan.layout)
            try LaunchFile(plan).write(root: root)
        } catch { throw StartPreparation.trouble(error) }
        // V8's old space is the limit that was set; a third more and 128 MB are what else a Node.js
        // and an npm beside it need.
        let answer = link.ask(
            .start(
                id, memory: .mebibytes(plan.memoryLimitMB * 4 / 3 + 128),
                processorPercent: plan.cpuLimitPercent))
        switch answer {
        case .started(let pid):
            guard let identity = ProcessIdentity(running: pid),
                let child = ChildProcess.adopt(identity)
            else { throw .cannotStart(sentence(id)) }
            let process = UnitProcess(child: child, id: id, link: link)
            do throws(SystemError) { try prepared(identity) } catch {
                process.signal(.kill)
                throw StartPreparation.trouble(error)
            }
            try wait(identity, id)
            return process
        case .refused(let why): throw .cannotStart("\(why).")
        case .done, .ended: throw .cannotStart("The service manager's answer makes no sense.")
        }
    }

    package func adopt(
        _ identity: ProcessIdentity, _ layout: InstanceLayout
    ) -> (any InstanceProcess)? {
        guard let id = Instance.ID(layout.name), let child = ChildProcess.adopt(identity) else {
            return nil
        }
        return UnitProcess(child: child, id: id, link: link)
    }

    /// Until it is Node.js: what it is to run is taken away after that.
    private func wait(_ identity: ProcessIdentity, _ id: Instance.ID) throws(InstanceTrouble) {
        let end = ContinuousClock.now + .seconds(15)
        while let status = ProcessStatus(pid: identity.pid),
            status.startTicks == identity.startTicks,
            status.state != UInt8(ascii: "Z")
        {
            guard status.name == InstanceLauncher.name, ContinuousClock.now < end else { return }
            usleep(2_000)
        }
        // It may also have been Node.js already, which says itself what is wrong.
    }

    private func sentence(_ id: Instance.ID) -> String {
        "It ended at once: journalctl --unit \(UnitClerk.unit(id)) says why."
    }

    /// The unit's user is nobody's, and comes in by the appliance's group: into the directory to
    /// read, and to write where Node-RED keeps things. Nothing there is followed.
    static func admit(_ layout: InstanceLayout) throws(SystemError) {
        guard chmod(layout.root, 0o750) == 0, chmod(layout.startFile, 0o640) == 0 else {
            throw SystemError("open \(layout.root) to the instance")
        }
        guard
            let lock = FileDescriptor(
                owning: open(layout.lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)),
            fchmod(lock.raw, 0o660) == 0
        else { throw SystemError("open \(layout.lock)") }
        for directory in [layout.log, layout.spool, layout.user] {
            guard chmod(directory, 0o2770) == 0 else { throw SystemError("open \(directory)") }
        }
        let log = try HostileDirectory(layout.log).open("out.log", O_RDWR | O_CREAT)
        try share(log, "out.log")
        let user = try HostileDirectory(layout.user)
        for name in ["flows.json", "flows_cred.json", "package.json"] {
            do throws(SystemError) { try share(try user.open(name), name) } catch
                where error.isMissing
            {}
        }
    }

    /// One that the appliance made; the instance's own are its own business.
    private static func share(
        _ file: borrowing FileDescriptor, _ name: String
    ) throws(SystemError) {
        var information = stat()
        guard fstat(file.raw, &information) == 0 else { throw SystemError("look at \(name)") }
        guard information.st_uid == geteuid() else { return }
        guard fchmod(file.raw, 0o660) == 0 else { throw SystemError("share \(name)") }
    }
}

/// The main process of an instance's unit.
struct UnitProcess: InstanceProcess {
    let child: ChildProcess
    let id: Instance.ID
    let link: UnitLink

    var identity: ProcessIdentity { child.identity }

    func signal(_ signal: InstanceMachine.Signal) {
        let answer =
            switch signal {
            case .terminate: link.ask(.terminate(id))
            case .kill: link.ask(.kill(id))
            }
        if case .refused(let why) = answer {
            Log("instances").error("instance \(id.text) was not told to end: \(why)")
        }
    }

    /// Systemd ends what the main process leaves; how that ended, it knows and we do not.
    func exit() async -> InstanceExit {
        _ = await child.exit()
        guard case .ended(let exit) = await UnitWitness.one.ending(of: id, link) else {
            return .unknown
        }
        return exit
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

/// Asks how units ended, on a thread of its own.
private actor UnitWitness {
    static let one = UnitWitness()

    private nonisolated let executor = BlockingExecutor(label: "units")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    func ending(of id: Instance.ID, _ link: UnitLink) -> UnitAnswer { link.ask(.ending(id)) }
}
