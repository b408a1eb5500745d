package import Basics
package import Domain

extension InstanceSupervisor {
    /// npm may keep a small server busy; a real hang is found all the same, two minutes later.
    private static let installPatience = Duration.seconds(120)
    /// Samples come every 10 s by themselves, unless the event loop is blocked.
    private static let sampleOverdue = Duration.seconds(15)

    func beginProbing() {
        prober?.cancel()
        let (clock, probePause) = (around.clock, around.probePause)
        prober = Task { [weak self] in
            // From one question to the next, so that three of them without an answer take 15 s.
            var pause = probePause
            while !Task.isCancelled {
                do { try await clock.sleep(pause) } catch { return }
                let asked = clock.elapsed
                await self?.probe()
                pause = max(probePause - (clock.elapsed - asked), .zero)
            }
        }
    }

    func endProbing() {
        prober?.cancel()
        prober = nil
    }

    /// Asks once, beside the machine that knows nothing of it.
    /// - Returns: how long the answer took; `nil` where none came in time.
    func answerDelay() async -> Duration? {
        guard process != nil, let file else { return nil }
        let start = ContinuousClock.now
        let answered = await around.probe.isAlive(
            port: file.port, path: file.alivePath, instance: id, nonce: file.nonce)
        return answered ? ContinuousClock.now - start : nil
    }

    private func probe() async {
        guard let process, let file else { return }
        let answered = await around.probe.isAlive(
            port: file.port, path: file.alivePath, instance: id, nonce: file.nonce)
        // Meanwhile it may have ended, or another may have come.
        guard !Task.isCancelled, self.process?.identity == process.identity else { return }
        if around.clock.elapsed - sampledAt > Self.sampleOverdue { sampleFromOutside(process) }
        if answered { return feed(.probeAnswered) }
        if process.usage()?.isInstalling == true { installedAt = around.clock.elapsed }
        if let installedAt, around.clock.elapsed - installedAt < Self.installPatience { return }
        feed(.probeMissed)
    }

    func sample(_ usage: InstanceUsage) {
        defer { lastUsage = usage }
        sampledAt = around.clock.elapsed
        guard let last = lastUsage, usage.at > last.at else { return }
        let passed = Double((usage.at.milliseconds - last.at.milliseconds))
        let used = Double((usage.processorTime - last.processorTime).milliseconds)
        keep(
            ResourceSample(
                at: usage.at, rss: usage.rss, heapUsed: usage.heapUsed,
                cpuPercent: min(max(0, used / passed * 100), 100_000),
                lagMilliseconds: usage.lagMilliseconds))
    }

    /// A process that is too busy to say what it uses.
    private func sampleFromOutside(_ process: any InstanceProcess) {
        guard let usage = process.usage() else { return }
        sample(
            InstanceUsage(
                at: .now(), rss: usage.rss, heapUsed: nil, processorTime: usage.processorTime,
                lagMilliseconds: nil))
    }

    private func keep(_ sample: ResourceSample) {
        publish(usage: sample)
        around.bus.publish("instance/\(id.text)/resources") { sample.json }
        let journal = around.journal
        let id = id
        // A sample that is lost leaves a gap in a chart.
        Task { try? await journal.append(sample, of: id) }
    }
}

extension ResourceSample: JSONWritable {
    /// As the live socket and the API write it.
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("at", at)
            json.field("rss", rss)
            json.field("heapUsed", heapUsed)
            json.field("cpuPercent", cpuPercent)
            json.field("lagMs", lagMilliseconds)
        }
    }
}
