import Basics
import Glibc

/// Makes the device noticed by whoever stands before it: a light of the board blinks, the console
/// says its name and rings. The light then goes back to what it did, after a new start of the agent
/// too.
package actor AgentBeacon {
    /// Time to walk along a line of cabinets.
    private static let time = Duration.seconds(60)
    /// Milliseconds.
    private static let pace = 150

    private let executor = BlockingExecutor(label: "beacon")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private struct Light: Equatable {
        var directory: String
        /// What it did before.
        var trigger: String
        var brightness: String
    }

    private let memory: SealedFile
    private let lights: String
    private let console: String
    private let time: Duration
    private var lit: Light?
    private var ending: Task<Void, Never>?

    /// - Parameters:
    ///   - lights: where the kernel shows them.
    ///   - time: for how long it blinks.
    package init(
        _ paths: AgentPaths, lights: String = "/sys/class/leds",
        console: String = "/dev/console", time: Duration = AgentBeacon.time
    ) {
        memory = SealedFile(path: paths.beacon)
        self.lights = lights
        self.console = console
        self.time = time
    }

    /// What an agent that ended meanwhile has left blinking. To be called once, at the start.
    package func resume() {
        guard let bytes = memory.read(), let object = try? JSONReader.read(bytes).object,
            let name = object["light"]?.string, !name.contains("/"), name != "..",
            let trigger = object["trigger"]?.string, let brightness = object["brightness"]?.string
        else { return }
        lit = Light(
            directory: "\(lights)/\(name)", trigger: trigger, brightness: brightness)
        putBack()
    }

    /// - Returns: why nobody will notice; one sentence.
    package func show(_ name: String) -> String? {
        let isSaid = say(
            "\r\n*** \(name): somebody at the appliance looks for this device. ***\r\n\u{7}")
        let blinks = blink()
        guard !blinks else { return nil }
        return isSaid
            ? nil : "It has no light and no console that its agent may use; its log says it."
    }

    private func say(_ text: String) -> Bool {
        // Not every console reads: an open or a write that would wait is given up.
        guard
            let file = FileDescriptor(
                owning: open(console, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW))
        else { return false }
        let bytes = Array(text.utf8)
        return write(file.raw, bytes, bytes.count) == bytes.count
    }

    private func blink() -> Bool {
        guard let light = lit ?? choose() else { return false }
        if lit == nil {
            remember(light)
            lit = light
        }
        guard put("timer", "trigger", of: light) else {
            lit = nil
            try? Files.removeIfThere(memory.path)
            return false
        }
        _ = put("\(Self.pace)", "delay_on", of: light)
        _ = put("\(Self.pace)", "delay_off", of: light)
        ending?.cancel()
        ending = Task { [weak self, time] in
            do { try await Task.sleep(for: time) } catch { return }
            await self?.putBack()
        }
        return true
    }

    private func putBack() {
        guard let light = lit else { return }
        lit = nil
        if put(light.trigger, "trigger", of: light), light.trigger == "none" {
            _ = put(light.brightness, "brightness", of: light)
        }
        try? Files.removeIfThere(memory.path)
        try? Files.removeIfThere("\(memory.path).2")
    }

    private func remember(_ light: Light) {
        var json = JSONWriter()
        json.object { json in
            json.field("light", String(light.directory.dropFirst(lights.count + 1)))
            json.field("trigger", light.trigger)
            json.field("brightness", light.brightness)
        }
        try? memory.write(json.bytes)
    }

    /// Lights of keyboards, network sockets and disks mean something else to people.
    private func choose() -> Light? {
        let names = ((try? Files.list(lights)) ?? []).filter { name in
            let word = name.lowercased()
            return !["lock", "input", "kbd", "eth", "lan", "phy", "mmc", "disk", "sata", "ata"]
                .contains { word.contains($0) }
        }
        let best = ["identify", "locate", "user", "status", "act", "led"]
        func rank(_ name: String) -> Int {
            best.firstIndex { name.lowercased().contains($0) } ?? best.count
        }
        for name in names.sorted(by: { (rank($0), $0) < (rank($1), $1) }) {
            let directory = "\(lights)/\(name)"
            guard access("\(directory)/trigger", W_OK) == 0,
                let triggers = read("trigger", in: directory),
                triggers.split(separator: " ").contains(where: { $0 == "timer" || $0 == "[timer]" })
            else { continue }
            let now = triggers.split(separator: " ").first { $0.hasPrefix("[") }
            return Light(
                directory: directory,
                trigger: now.map { String($0.dropFirst().dropLast()) } ?? "none",
                brightness: read("brightness", in: directory) ?? "0")
        }
        return nil
    }

    private func read(_ name: String, in directory: String) -> String? {
        guard let bytes = try? Files.read("\(directory)/\(name)", limit: .kibibytes(16)) else {
            return nil
        }
        return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
    }

    private func put(_ text: String, _ name: String, of light: Light) -> Bool {
        // A directory of links: it is the kernel's.
        guard
            let file = FileDescriptor(
                owning: open("\(light.directory)/\(name)", O_WRONLY | O_TRUNC | O_CLOEXEC))
        else { return false }
        let bytes = Array(text.utf8)
        return write(file.raw, bytes, bytes.count) == bytes.count
    }
}
