import Basics
import Domain
import HTTP
import MQTT

extension Agent {
    /// A longer pause after each failure, and a different one on each device.
    func stayConnected() async {
        var attempt = 0
        while !Task.isCancelled {
            let began = ContinuousClock.now
            do throws(MQTTError) {
                try await link.session(
                    opened: { await self.connected() },
                    received: { await self.received($0) })
                if ContinuousClock.now - began > .seconds(60) { attempt = 0 }
                log.info("the connection to the appliance has ended")
            } catch {
                let server = link.uplink?.tried
                contactProblem = server.map { ContactFault.sentence(error, at: $0) }
                log.info("the appliance is out of reach: \(contactProblem ?? "\(error)")")
            }
            guard !Task.isCancelled else { return }
            attempt += 1
            let pause = options.backoff.pause(attempt: attempt, jitter: .random(in: 0...1))
            try? await Task.sleep(for: pause)
        }
    }

    private func connected() async {
        log.info("connected to the appliance")
        contactProblem = nil
        lastContact = clock.now()
        lastStatus = nil
        await publish(onlyNews: false)
        await transactions.contact()
        // What was missed while away is asked for, once a connection: no message need be kept.
        Task {
            await self.fetchDesired(retry: false)
            await self.sendRecords()
            await self.renewIfDue()
        }
    }

    private func received(_ delivery: MQTTDelivery) async {
        let command: AgentCommand
        do throws(AgentProtocolFault) {
            command = try AgentCommand.read(delivery.message.payload)
        } catch {
            log.warning("a command was not understood: \(error)")
            delivery.acknowledge()
            await refuse(delivery.message.payload, "\(error)")
            return
        }
        lastContact = clock.now()
        clock.heard(command.at)
        if let known = commands.begin(command) {
            delivery.acknowledge()
            if let reply = known { await link.publish(reply) }
            return
        }
        delivery.acknowledge()
        switch command.order {
        case .start, .stop, .restart:
            // In the order in which they were given.
            let former = orders
            orders = Task {
                await former?.value
                await self.carryOut(command)
            }
        default:
            // A capture of much or a slow disk holds up no other command.
            Task { await self.carryOut(command) }
        }
    }

    private func carryOut(_ command: AgentCommand) async {
        let reply = await obey(command)
        await answer(reply)
        await useRenewed()
    }

    private func answer(_ reply: AgentReply) async {
        commands.end(reply)
        await link.publish(reply)
        wake.yield()
    }

    /// Where at least the id can be read.
    private func refuse(_ payload: [UInt8], _ text: String) async {
        guard let object = try? JSONReader.read(payload, limit: AgentCommand.limit).object,
            let id = object["id"]?.string.flatMap(AgentCommand.ID.init)
        else { return }
        await link.publish(
            AgentReply(id, refusal: .init(code: "not-understood", text: text)))
    }

    /// Held up on its way. Before it is refused the appliance is asked what time it is: its clock
    /// may have been set back.
    private func isLate(_ command: AgentCommand) async -> Bool {
        guard let until = command.until, clock.now() > until else { return false }
        await fetchDesired(retry: false)
        return clock.now() > until
    }

    private func obey(_ command: AgentCommand) async -> AgentReply {
        if await isLate(command) {
            return AgentReply(
                command.id,
                refusal: .init(code: "late", text: "It came too late and was not done."))
        }
        switch command.order {
        case .apply(let document, let retry):
            clock.heard(document.time)
            return await apply(document, retry: retry, command.id)
        case .fetch(_, let retry):
            if let text = await fetchDesired(retry: retry) {
                return AgentReply(command.id, refusal: .init(code: "offline", text: text))
            }
        case .restart:
            guard await runtime.restart() else {
                return AgentReply(
                    command.id, refusal: .init(code: "stopped", text: "It is off: start it."))
            }
        case .start: await runtime.order(.running)
        case .stop: await runtime.order(.stopped)
        case .watch(let seconds): watch(for: seconds)
        case .unwatch: unwatch()
        case .tunnel(let token): openTunnel(token)
        case .untunnel: closeTunnel()
        case .capture: return await capture(command.id)
        case .renew:
            if let text = await renew() {
                return AgentReply(command.id, refusal: .init(code: "not-renewed", text: text))
            }
        case .identify:
            await records.note(
                .warn, "Somebody asked this device to make itself noticed.", at: clock.now())
            if let text = await beacon.show(identity.name) {
                return AgentReply(command.id, refusal: .init(code: "not-seen", text: text))
            }
        case .overrideDefer(let reason):
            guard await transactions.overrideDefer(reason) else {
                return AgentReply(
                    command.id,
                    refusal: .init(code: "not-waiting", text: "Nothing waits on this device."))
            }
        }
        return AgentReply(command.id)
    }

    private func apply(
        _ document: DesiredDocument, retry: Bool, _ id: AgentCommand.ID
    ) async -> AgentReply {
        guard document.device.id == identity.device else {
            return AgentReply(
                id, refusal: .init(code: "foreign", text: "That is another device's."))
        }
        do throws(SystemError) {
            guard try await transactions.desire(document, retry: retry) else {
                return AgentReply(
                    id, refusal: .init(code: "old", text: "A newer document is known here."))
            }
        } catch {
            return AgentReply(
                id,
                refusal: .init(
                    code: "disk", text: "The device's disk cannot be written: \(error)."))
        }
        return AgentReply(id)
    }

    /// - Returns: why it did not come; one sentence.
    @discardableResult
    func fetchDesired(retry: Bool) async -> String? {
        do throws(AgentUplinkFault) {
            let bytes = try await link.send(.get, "/api/agent/v1/desired")
            let document: DesiredDocument
            do throws(AgentProtocolFault) { document = try DesiredDocument.read(bytes) } catch {
                return "\(error)"
            }
            clock.learned(document.time)
            let reply = await apply(document, retry: retry, .random())
            return reply.refusal?.text
        } catch { return "\(error)" }
    }

    // MARK: Log and samples

    private func watch(for seconds: Int) {
        watchedUntil = .now + .seconds(seconds)
        records.whenNew { [weak self] in
            guard let self else { return }
            Task { await self.sendWatched() }
        }
        Task { await self.sendWatched() }
    }

    private func unwatch() {
        watchedUntil = nil
        records.whenNew(nil)
    }

    /// At most one request a second.
    private func sendWatched() async {
        guard let end = watchedUntil, end > .now else { return unwatch() }
        guard !isSending else { return }
        await sendRecords()
        try? await Task.sleep(for: .seconds(1))
    }

    /// All that waits, a batch at a time.
    func sendRecords() async {
        guard !isSending, link.isConnected else { return }
        isSending = true
        defer { isSending = false }
        let link = link
        do throws(AgentUplinkFault) {
            try await AgentCourier(records: records).deliver {
                (body) async throws(AgentUplinkFault) in
                _ = try await link.send(.post, "/api/agent/v1/records", json: body)
            }
            lastContact = clock.now()
        } catch { log.info("log and samples wait: \(error)") }
    }

    // MARK: What runs

    private func capture(_ id: AgentCommand.ID) async -> AgentReply {
        guard let load = await runtime.running else {
            return AgentReply(
                id, refusal: .init(code: "no-snapshot", text: "Nothing runs on this device."))
        }
        let files = InstanceFiles(
            InstanceLayout(
                state: paths.slot(load.slot), AgentCatalog.instance(identity.device)))
        guard let read = try? files.read(), let flows = read.flows else {
            return AgentReply(
                id, refusal: .init(code: "unreadable", text: "The flows cannot be read."))
        }
        let stored = VaultFile.encode(flows[...])
        let reply = AgentReply(
            id,
            capture: .init(
                flows: stored, credentials: read.credentials, modules: files.modules()))
        guard reply.bytes.count < 1_500_000 else {
            return AgentReply(
                id,
                refusal: .init(
                    code: "too-large", text: "The flows are too large to be sent in one piece."))
        }
        return reply
    }
}
