import MQTT
import Testing

@Suite("MQTT topics") struct TopicTests {
    @Test(
        "A filter takes the topics that the specification says",
        arguments: [
            ("sport/+", "sport/tennis", true), ("sport/+", "sport/tennis/final", false),
            ("sport/+", "sport", false), ("sport/+", "sport/", true),
            ("sport/#", "sport", true), ("sport/#", "sport/a/b", true), ("#", "a", true),
            ("#", "$SYS/x", false), ("+/x", "$SYS/x", false), ("$SYS/#", "$SYS/x", true),
            ("+/+", "/a", true), ("/+", "/a", true), ("+", "/a", false), ("a", "a", true),
            ("a", "b", false), ("a/+/c", "a//c", true), ("$share/g/a/+", "a/b", true),
            ("$share/g", "a", false),
        ])
    func matches(filter: String, topic: String, expected: Bool) {
        #expect(MQTTTopic.matches(topic, filter) == expected)
    }

    @Test("Filters and names are told from what is neither")
    func valid() {
        for filter in ["a", "+", "#", "a/#", "+/+", "/", "a//b", "$share/g/#", "$SYS/#"] {
            #expect(MQTTTopic.isFilter(filter), "\(filter)")
        }
        for filter in ["", "a#", "#/a", "a+", "a/+b", "$share/g", "$share//a", "$share/+/a"] {
            #expect(!MQTTTopic.isFilter(filter), "\(filter)")
        }
        #expect(MQTTTopic.isName("a b/ü"))
        for name in ["", "a/+", "#", "a\0"] { #expect(!MQTTTopic.isName(name)) }
    }
}
