// A bot made with @discordjs/rest, core and builders: it registers its commands, and answers by callbacks behind an
// address of its own.  Started by install.py; tells what it has done on standard output.

const http = require("node:http");
const { EmbedBuilder, SlashCommandBuilder } = require("@discordjs/builders");
const { API } = require("@discordjs/core");
const { REST } = require("@discordjs/rest");

const { API: address, APPLICATION, CHANNEL, GUILD, PORT, TOKEN } = process.env;
const rest = new REST({ version: "10", api: address.replace("/v10", "") }).setToken(TOKEN);
const api = new API(rest);
const EPHEMERAL = 1 << 6;

const tell = (step, what) => console.log(JSON.stringify({ step, ...what }));

async function register() {
  const me = await api.users.getCurrent();
  await api.applications.getCurrent();
  const lotus = new SlashCommandBuilder()
    .setName("lotus")
    .setDescription("Draw a lotus")
    .setNameLocalizations({ de: "lotos", fr: null })
    .setDefaultMemberPermissions(0n)
    .addStringOption((option) => option.setName("words").setDescription("What to draw").setMaxLength(200));
  const [made] = await api.applicationCommands.bulkOverwriteGlobalCommands(APPLICATION, [lotus.toJSON()]);
  const edited = await api.applicationCommands.editGlobalCommand(APPLICATION, made.id, {
    description: "Draw a lotus of words",
  });
  const rose = await api.applicationCommands.createGuildCommand(APPLICATION, GUILD, {
    name: "rose",
    description: "Draw a rose",
  });
  await api.applicationCommands.getGuildCommand(APPLICATION, GUILD, rose.id);
  await api.applicationCommands.deleteGuildCommand(APPLICATION, GUILD, rose.id);
  const left = await api.applicationCommands.getGuildCommands(APPLICATION, GUILD);
  const embed = new EmbedBuilder().setTitle("A title").setTimestamp().toJSON();
  const message = await api.channels.createMessage(CHANNEL, { content: "hello", embeds: [embed] });
  await api.channels.editMessage(CHANNEL, message.id, { content: "hello again" });
  const seen = await api.channels.getMessage(CHANNEL, message.id);
  await api.channels.deleteMessage(CHANNEL, message.id);
  tell("registered", {
    bot: me.id,
    command: edited.description,
    guild_commands: left.length,
    message: seen.content,
  });
}

async function answer({ id, token }) {
  await api.interactions.reply(id, token, { content: "one moment", files: [{ name: "a.txt", data: "words" }] });
  await api.interactions.editReply(APPLICATION, token, { content: "drawn" });
  const alone = await api.interactions.followUp(APPLICATION, token, { content: "for you alone", flags: EPHEMERAL });
  await api.interactions.editReply(APPLICATION, token, { content: "for you alone, edited" }, alone.id);
  const gone = await api.interactions.followUp(APPLICATION, token, { content: "gone soon" });
  await api.interactions.deleteReply(APPLICATION, token, gone.id);
  // The sixth call within two seconds: the library waits by what it has been told.
  const original = await api.interactions.getOriginalReply(APPLICATION, token);
  tell("answered", { original: original.content, type: original.type, files: original.attachments.length });
}

const fail = (error) => {
  console.error(error);
  process.exit(1);
};

http
  .createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      response.writeHead(202).end();
      answer(JSON.parse(body)).catch(fail);
    });
  })
  .listen(Number(PORT), "127.0.0.1", () => register().catch(fail));
