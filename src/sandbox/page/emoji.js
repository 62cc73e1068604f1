// Emoji by the names people type between colons. Common ones; an unknown name
// stays as it was written.

const LIST = `
+1 👍 -1 👎 thumbsup 👍 thumbsdown 👎 100 💯 tada 🎉 clap 👏 raised_hands 🙌 pray 🙏 muscle 💪 wave 👋 ok_hand 👌 point_right 👉
point_left 👈 point_up ☝️ point_down 👇 eyes 👀 handshake 🤝 writing_hand ✍️ fist 👊 v ✌️ crossed_fingers 🤞 facepalm 🤦 shrug 🤷
white_check_mark ✅ heavy_check_mark ✔️ ballot_box_with_check ☑️ x ❌ heavy_multiplication_x ✖️ negative_squared_cross_mark ❎ warning ⚠️
no_entry ⛔ no_entry_sign 🚫 octagonal_sign 🛑 rotating_light 🚨 crescent_moon 🌙 question ❓ grey_question ❔ exclamation ❗ grey_exclamation ❕ bangbang ‼️
information_source ℹ️ red_circle 🔴 large_orange_circle 🟠 large_yellow_circle 🟡 large_green_circle 🟢 large_blue_circle 🔵
large_purple_circle 🟣 white_circle ⚪ black_circle ⚫ large_red_square 🟥 large_orange_square 🟧 large_yellow_square 🟨
large_green_square 🟩 large_blue_square 🟦 black_large_square ⬛ white_large_square ⬜ small_red_triangle 🔺 small_red_triangle_down 🔻
small_orange_diamond 🔸 small_blue_diamond 🔹 heart ❤️ blue_heart 💙 green_heart 💚 yellow_heart 💛 purple_heart 💜 broken_heart 💔 star ⭐
star2 🌟 sparkles ✨ fire 🔥 zap ⚡ boom 💥 rocket 🚀 trophy 🏆 medal 🏅 dart 🎯 gem 💎 crown 👑 gift 🎁 balloon 🎈 confetti_ball 🎊
smile 😄 smiley 😃 grinning 😀 grin 😁 laughing 😆 joy 😂 rolling_on_the_floor_laughing 🤣 slightly_smiling_face 🙂 wink 😉 blush 😊
heart_eyes 😍 sunglasses 😎 thinking_face 🤔 thinking 🤔 neutral_face 😐 confused 😕 worried 😟 cry 😢 sob 😭 angry 😠 rage 😡 scream 😱
sweat_smile 😅 sweat 😓 relieved 😌 sleeping 😴 zzz 💤 nerd_face 🤓 upside_down_face 🙃 partying_face 🥳 face_with_monocle 🧐
see_no_evil 🙈 hear_no_evil 🙉 speak_no_evil 🙊 skull 💀 ghost 👻 robot_face 🤖 robot 🤖 alien 👽 poop 💩 bug 🐛 snail 🐌 turtle 🐢
hourglass ⌛ hourglass_flowing_sand ⏳ watch ⌚ alarm_clock ⏰ stopwatch ⏱️ clock1 🕐 clock3 🕒 clock6 🕕 clock9 🕘 calendar 📆 date 📅
spiral_calendar_pad 🗓️ memo 📝 pencil ✏️ pencil2 ✏️ page_facing_up 📄 page_with_curl 📃 bookmark_tabs 📑 clipboard 📋 books 📚 book 📖
open_book 📖 newspaper 📰 bookmark 🔖 label 🏷️ link 🔗 paperclip 📎 pushpin 📌 round_pushpin 📍 scissors ✂️ mag 🔍 mag_right 🔎 lock 🔒
unlock 🔓 key 🔑 bell 🔔 no_bell 🔕 mega 📣 loudspeaker 📢 speech_balloon 💬 thought_balloon 💭 email 📧 envelope ✉️
incoming_envelope 📨 inbox_tray 📥 outbox_tray 📤 package 📦 mailbox 📫 phone ☎️ telephone_receiver 📞 iphone 📱 computer 💻
desktop_computer 🖥️ printer 🖨️ keyboard ⌨️ floppy_disk 💾 cd 💿 camera 📷 movie_camera 🎥 tv 📺 bulb 💡 flashlight 🔦 wrench 🔧 hammer 🔨
hammer_and_wrench 🛠️ gear ⚙️ nut_and_bolt 🔩 test_tube 🧪 microscope 🔬 telescope 🔭 magnet 🧲 bar_chart 📊 chart_with_upwards_trend 📈
chart_with_downwards_trend 📉 moneybag 💰 dollar 💵 euro 💶 pound 💷 credit_card 💳 scales ⚖️ shield 🛡️ recycle ♻️ earth_africa 🌍
earth_americas 🌎 globe_with_meridians 🌐 sunny ☀️ cloud ☁️ umbrella ☔ snowflake ❄️ rainbow 🌈 seedling 🌱 evergreen_tree 🌲 herb 🌿
four_leaf_clover 🍀 sunflower 🌻 rose 🌹 coffee ☕ tea 🍵 beer 🍺 cake 🍰 birthday 🎂 pizza 🍕 apple 🍎 house 🏠 office 🏢 hospital 🏥 bank 🏦
car 🚗 airplane ✈️ ship 🚢 checkered_flag 🏁 triangular_flag_on_post 🚩 white_flag 🏳️ arrow_right ➡️ arrow_left ⬅️ arrow_up ⬆️
arrow_down ⬇️ arrow_upper_right ↗️ arrow_lower_right ↘️ arrow_forward ▶️ arrows_counterclockwise 🔄 repeat 🔁
leftwards_arrow_with_hook ↩️ arrow_right_hook ↪️ heavy_plus_sign ➕ heavy_minus_sign ➖ heavy_division_sign ➗ infinity ♾️ zero 0️⃣ one 1️⃣
two 2️⃣ three 3️⃣ four 4️⃣ five 5️⃣ six 6️⃣ seven 7️⃣ eight 8️⃣ nine 9️⃣ keycap_ten 🔟 new 🆕 ok 🆗 up 🆙 sos 🆘 free 🆓 ballot_box 🗳️
bust_in_silhouette 👤 busts_in_silhouette 👥 technologist 🧑‍💻 detective 🕵️ judge 🧑‍⚖️ scroll 📜 receipt 🧾 abacus 🧮 compass 🧭 world_map 🗺️
construction 🚧 sleuth_or_spy 🕵️ brain 🧠 ear 👂 nose 👃 soon 🔜 end 🔚 back 🔙 on 🔛 top 🔝 tm ™️ copyright ©️ registered ®️
`;

const words = LIST.trim().split(/\s+/);

/** Name to character. */
export const EMOJI = new Map(
  Array.from({ length: words.length / 2 }, (_, index) => [words[2 * index], words[2 * index + 1]]),
);

/** What the reaction picker offers first. */
export const COMMON = ["+1", "-1", "eyes", "white_check_mark", "x", "tada", "heart", "raised_hands", "joy", "thinking_face", "fire", "100"];

/** The characters of a name such as `wave` or `wave::skin-tone-3`; null when unknown. */
export function emoji(name) {
  const [base, tone] = name.split("::");
  const character = EMOJI.get(base);
  if (!character) return null;
  const step = /^skin-tone-([2-6])$/.exec(tone ?? "")?.[1];
  return step ? character + String.fromCodePoint(0x1f3fb + Number(step) - 2) : character;
}

/** Characters from the `unicode` field of a rich text emoji: hexadecimal code points joined by hyphens. */
export function fromCodePoints(hex) {
  const points = hex.split("-").map((part) => parseInt(part, 16));
  return points.every((point) => point > 0 && point <= 0x10ffff) ? String.fromCodePoint(...points) : null;
}

/** Replaces every known `:name:` in plain text. */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+'-]+(?:::skin-tone-[2-6])?):/g, (whole, name) => emoji(name) ?? whole);
}
