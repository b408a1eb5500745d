import Basics
import LinesideTesting
import Testing

/// A built site whose configuration names the plant's own broker.
@Suite(
    "A site on the plant's broker", .timeLimit(.minutes(10)),
    .enabled(
        if: PlantBroker.isPossible && Files.exists("/usr/bin/mosquitto_sub"),
        "skipped: mosquitto or mosquitto-clients is not installed"))
struct ExternalBrokerLifeTests {
    @Test("Devices are heard and told over it; what cannot be enforced there is said")
    func life() async throws {
        let plant = try await PlantBroker()
        let directory = try TemporaryDirectory()
        let configuration = "\(directory.path)/lineside.yaml"
        try Files.replace(
            configuration,
            with: Array(
                """
                broker:
                  external:
                    host: 127.0.0.1
                    port: \(plant.mosquitto.port)
                    user: site
                    passwordFile: \(plant.path)/password
                    authority: \(plant.path)/authority.pem

                """.utf8))
        let state = "\(directory.path)/state"
        let site = try await BuiltLineside(
            state: state, administrator: "ada:correct horse battery",
            arguments: ["--config", configuration])
        let client = try CurlClient(site.origin)
        #expect(try await client.signIn("ada", "correct horse battery").status == 201)
        let broker = try await eventually("the link") { () -> ClientAnswer? in
            let answer = try await client.get("/api/v1/broker")
            return answer["state"] == "running" ? answer : nil
        }
        #expect(broker["external"] == true)
        #expect(broker["problem"].isNull && broker["port"].isNull)
        // Its counters are its own.
        #expect(broker["dropped"].isNull && broker["connections"].isNull)
        let sentences = (broker["unenforceable"].array ?? []).compactMap(\.string)
        #expect(sentences.count == 5)
        #expect(sentences.contains { $0.contains("users, passwords and rules") })
        #expect(sentences.contains { $0.contains("revoked stays connected") })
        #expect(!Files.exists("\(state)/broker/process.json"))

        let application = try await client.firstApplication()
        let team = try #require(
            try await client.get("/api/v1/teams")["items"].array?.first?["id"]?.string)
        let made = try await client.post(
            "/api/v1/devices",
            [
                "name": "Press 7", "agent": "stock", "teamId": .string(team),
                "applicationId": .string(application),
            ])
        let id = try #require(made["id"].string, "\(made.text)")
        #expect(try await client.post("/api/v1/devices/\(id)/credentials").status == 201)
        let common = [
            "--cafile", "\(plant.path)/authority.pem", "-h", "localhost", "-p",
            "\(plant.mosquitto.port)", "-u", "press", "-P", "own", "-q", "1",
        ]
        let topic = "ff/v1/\(team)/d/\(id)"
        let errors = "\(directory.path)/clients.log"
        let receiver = try ProgramUnderTest(
            "/usr/bin/mosquitto_sub",
            common + ["-i", "press", "-t", "\(topic)/command", "-C", "1"], errors: errors)
        // A status goes on until the answer to one of them is in.
        let speaking = Task {
            while !Task.isCancelled {
                let sender = try ProgramUnderTest(
                    "/usr/bin/mosquitto_pub",
                    common + [
                        "-i", "press-out", "-t", "\(topic)/status", "-m",
                        #"{"ownerType":"none","state":"unknown","mode":"autonomous"}"#,
                    ], errors: errors)
                _ = await sender.exitStatus()
                // As an agent speaks on its own: the first words come before anybody listens.
                try await Task.sleep(for: .milliseconds(300))
            }
        }
        defer { speaking.cancel() }
        let told = try await withLimit(waitingFor: "the answer to a status") {
            for await line in receiver.lines { return line }
            return ""
        }
        #expect(told.contains(#""command":"update""#), "\(told)")
        #expect(told.contains(application))
        let device = try await client.get("/api/v1/devices/\(id)")
        #expect(device["connected"] == true, "\(device.text)")
        #expect(device["state"] == "unknown")
        #expect(try await site.stop() == 0)
    }
}
