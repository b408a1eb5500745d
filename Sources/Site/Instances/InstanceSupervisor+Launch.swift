import Basics
import Domain
import Glibc
import Processes

extension InstanceSupervisor {
    /// Answers the machine's `spawn` with `spawned` or `refused`, always.
    func launch(safe: Bool) async {
        // Deploys of the last run first: our storage module finishes what waits in the spool, and
        // would otherwise undo a restore that was made since.
        await drainSpool()
        await pump(final: true)
        let definition: InstanceDefinition
        do {
            definition = try await around.catalog.definition(of: id)
        } catch {
            return feed(.refused(.cannotStart("\(error)")))
        }
        await emptyOutput()
        guard machine.state == .starting, !isLetGo else {
            return feed(.refused(.cannotStart("it was stopped meanwhile")))
        }
        do throws(InstanceTrouble) {
            let plan = try around.preparation.prepare(definition, safe: safe, avoiding: badPort)
            try spawn(plan)
        } catch {
            log.warning("instance \(id) was not started: \(error.sentence)")
            return feed(.refused(error))
        }
        guard let process else { return }
        await openTail()
        feed(.spawned(pid: process.identity.pid))
        if let port = file?.port, port != definition.port {
            // Only a wish for the next start.
            try? await around.catalog.remember(port: port, of: id)
        }
    }

    private func spawn(_ plan: StartPlan) throws(InstanceTrouble) {
        let boot: String
        do throws(SystemError) { boot = try ProcessIdentity.bootID() } catch {
            throw .cannotStart("\(error)")
        }
        var written: ProcessFile?
        let process = try around.backend.start(plan) { identity throws(SystemError) in
            let file = ProcessFile(
                identity: identity, bootID: boot, nonce: plan.nonce, port: plan.port,
                alivePath: plan.alivePath,
                startedAt: .now(), restarts: machine.restarts)
            try file.write(to: plan.layout.processFile)
            written = file
        }
        file = written
        follow(process)
    }

    func adopt(_ process: any InstanceProcess, _ found: ProcessFile) {
        file = found
        around.preparation.ports.claim(found.port, for: id.text)
        follow(process)
        freshAt = around.clock.elapsed - process.identity.age
        log.notice("instance \(id) runs on as process \(process.identity.pid)")
        feed(.adopted(pid: process.identity.pid, found.standing))
    }

    private func follow(_ process: any InstanceProcess) {
        self.process = process
        freshAt = around.clock.elapsed
        lastUsage = nil
        sampledAt = around.clock.elapsed
        Task { [weak self] in
            let exit = await process.exit()
            await self?.ended(exit, process.identity)
        }
    }

    private func ended(_ exit: InstanceExit, _ identity: ProcessIdentity) async {
        guard !isLetGo else { return }
        let uptime = around.clock.elapsed - freshAt
        // Its last words decide what its end means.
        await pump(final: true)
        await drainSpool()
        guard process?.identity == identity, !isLetGo else { return }
        forgetProcess()
        feed(.exited(exit, uptime: uptime))
    }

    func forgetProcess() {
        process = nil
        watch = nil
        reader?.cancel()
        unlink(layout.processFile)
    }

    /// A failure costs the next appliance only what it would find out anyway.
    func writeStanding() {
        guard process != nil, let standing = machine.standing, var file,
            file.standing != standing || file.restarts != machine.restarts
        else { return }
        file.standing = standing
        file.restarts = machine.restarts
        self.file = file
        try? file.write(to: layout.processFile)
    }
}
