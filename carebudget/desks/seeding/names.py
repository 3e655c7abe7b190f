"""Invented names for the demo. Nobody here exists."""

FIRST = (
    "Amara Bertie Celia Dilip Edie Farouk Gwen Hamish Ines Jerome Kezia Leonard Mabel Nadia Oscar Priya "
    "Quentin Rosa Stanley Tamsin Ursula Victor Wilma Xavier Yusuf Zelda Arthur Beryl Cyril Dorothy"
).split()
LAST = (
    "Abernethy Blackwood Carrow Dunmore Ellerby Fenwright Garside Hollins Ibbotson Jessamy Kettering "
    "Lockhurst Merriden Northgate Oakeshott Penhallow Quillby Ravensby Sedgemoor Thackerley Underhay "
    "Vennick Wetherfield Yardbury Zouchley"
).split()
PROVIDERS = (
    ("Brightside Home Care", "agency", "Help at home, mornings and evenings, seven days a week.", 2240, "hour"),
    ("Larkfield Support", "agency", "Personal care and company for older people.", 2180, "hour"),
    ("Millbrook Care at Home", "agency", "Care at home in the town and the villages.", 2310, "hour"),
    ("Harbour Lane Carers", "agency", "Small local team; the same three faces.", 2260, "hour"),
    ("Ashgrove Nights", "agency", "Somebody there at night, asleep or awake.", 11500, "night"),
    ("Meadow Day Centre", "community", "A lively day with lunch, music and gardening.", 5200, "day"),
    ("The Allotment Club", "community", "Digging, growing and tea, in all weathers.", 2600, "session"),
    ("Wren Swimming Buddies", "community", "Somebody to swim with, at the pool in town.", 1850, "session"),
    ("Open Gate Art Room", "community", "Painting and pottery for anybody.", 2100, "session"),
    ("Lunch on Friday", "community", "A hot lunch and a game of cards.", 1200, "session"),
    ("Walk and Talk Wrenbury", "community", "Gentle walks with good company.", 900, "session"),
    ("Silver Strings Choir", "community", "Singing for people who say they cannot sing.", 800, "session"),
    ("Ada Thornley", "assistant", "Personal assistant: cooking, getting out, paperwork.", 1650, "hour"),
    ("Ben Calloway", "assistant", "Personal assistant, drives, likes football and fishing.", 1620, "hour"),
    ("Chidi Marsden", "assistant", "Personal assistant with ten years in dementia care.", 1720, "hour"),
    ("Delphine Roake", "assistant", "Personal assistant: signing, swimming, shopping.", 1690, "hour"),
    ("Ewan Pickersgill", "assistant", "Personal assistant for young people starting out.", 1600, "hour"),
    ("Fiona Strand", "assistant", "Personal assistant, early mornings.", 1640, "hour"),
    ("Greenway Transport", "community", "Door to door in a car with a ramp.", 1100, "item"),
    ("Handy Neighbours", "community", "Small repairs, gardens and grab rails.", 2400, "hour"),
    ("Kindling Breaks", "agency", "Short breaks by the sea, with support.", 14500, "day"),
    ("Nettlefold Nursing at Home", "agency", "Care at home for complicated needs.", 2890, "hour"),
    ("Two Rivers Supported Living", "agency", "Support in a place of your own.", 2120, "hour"),
    ("Saffron Meals", "community", "Home-cooked meals brought to the door.", 750, "item"),
    ("Quiet Hours Sitting Service", "agency", "Somebody kind sits in, so that you can go out.", 1950, "hour"),
)
REASONS = (
    "Since the fall in spring I cannot manage the stairs or the bath on my own.",
    "My memory is getting worse and I forget to eat.",
    "I use a wheelchair and want to get out more and maybe work again.",
    "My hands are stiff in the morning, and buttons and tins defeat me.",
    "I get very anxious outside and have stopped seeing people.",
    "I have had a stroke. My wife does everything and she is worn out.",
    "I am autistic and moving into my own flat. I need help to keep it going.",
    "My sight is nearly gone. I want to stay in my own home.",
)
WISHES = (
    ("Have my hair washed when I like, and go out looking decent", "I say yes when somebody invites me"),
    ("Eat a hot meal every day with somebody to talk to", "I have put a little weight on"),
    ("Get to the allotment again", "I am there most weeks until October"),
    ("See my grandchildren without being a worry to my daughter", "We have Sunday lunch together"),
    ("Feel safe at night", "I sleep through and do not ring anybody at three"),
    ("Keep my own front door", "I am still here next Christmas"),
)
CRITERIA = {
    "important": "My own front door, my cat, Sunday lunch with the family, and the radio. I like mornings slow and people on time.",
    "change": "I want to go out twice a week and stop dreading the evenings. These matter because I used to run the choir and I miss people.",
    "supported": "On a good day I need a hand with my hair and my shoes. On a bad day I need somebody to get me up and stay until I have eaten.",
    "budget": "The money pays for help in the mornings, and for two days a week among people.",
    "managed": "My daughter keeps the rota on the kitchen wall. If somebody is ill she rings the agency, and the papers are in the blue folder.",
    "control": "I choose who comes and what time I get up. My daughter helps me with letters, and we decide together.",
    "happen": "Ring the agency this week, visit the day centre on Thursday, and write my one-page story for new carers before they start.",
}
