import Basics
import LinesideTesting
import Testing

@testable import Site

@Suite("A device that is looked for")
struct AgentBeaconTests {
    private let directory: TemporaryDirectory
    private let paths: AgentPaths
    private let lights: String
    private let console: String

    init() throws {
        directory = try TemporaryDirectory()
        paths = AgentPaths("\(directory.path)/state")
        try paths.makeDirectories()
        lights = "\(directory.path)/leds"
        console = "\(directory.path)/console"
        try light("input3::capslock", "[none] timer")
        try light("led1", "none [heartbeat] timer")
        try light("status", "none [mmc0] timer heartbeat", brightness: "7")
        try Files.replace(console, with: [])
    }

    private func light(_ name: String, _ triggers: String, brightness: String = "0") throws {
        try Files.makeDirectory("\(lights)/\(name)")
        for (file, text) in [
            ("trigger", triggers + "\n"), ("brightness", brightness + "\n"), ("delay_on", ""),
            ("delay_off", ""),
        ] { try Files.replace("\(lights)/\(name)/\(file)", with: Array(text.utf8)) }
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try Files.read(path), as: UTF8.self)
    }

    private func beacon(_ time: Duration) -> AgentBeacon {
        AgentBeacon(paths, lights: lights, console: console, time: time)
    }

    @Test("blinks with the light that people look at, rings, and is afterwards as before")
    func blinks() async throws {
        let beacon = beacon(.milliseconds(300))
        #expect(await beacon.show("Press 4") == nil)
        #expect(try text("\(lights)/status/trigger") == "timer")
        #expect(try text("\(lights)/status/delay_on") == "150")
        #expect(try text(console).contains("Press 4"))
        #expect(try text(console).hasSuffix("\u{7}"))
        let back = try await eventually("the light to be as before") {
            try text("\(lights)/status/trigger") == "mmc0" ? true : nil
        }
        #expect(back)
        #expect(try text("\(lights)/led1/trigger") == "none [heartbeat] timer\n")
        #expect(try text("\(lights)/input3::capslock/trigger") == "[none] timer\n")
    }

    @Test("puts the light back that an earlier agent left blinking")
    func resumes() async throws {
        let first = beacon(.seconds(600))
        #expect(await first.show("Press 4") == nil)
        let second = beacon(.seconds(600))
        await second.resume()
        #expect(try text("\(lights)/status/trigger") == "mmc0")
    }

    @Test("says so when there is nothing that anybody would notice")
    func nothing() async throws {
        let beacon = AgentBeacon(
            paths, lights: "\(directory.path)/none", console: "\(directory.path)/nowhere")
        #expect(await beacon.show("Press 4")?.contains("no light and no console") == true)
    }
}
