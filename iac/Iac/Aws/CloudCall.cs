using System.CommandLine;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Aws;

/// <summary>What a command that calls AWS is given.</summary>
/// <param name="Parse">Its command line.</param>
/// <param name="Screen">Where it writes.</param>
/// <param name="Settings">Its settings.</param>
/// <param name="Aws">The account and the region.</param>
internal sealed record CloudCall(
    ParseResult Parse, Screen Screen, SettingValues Settings, AwsConnection Aws);
